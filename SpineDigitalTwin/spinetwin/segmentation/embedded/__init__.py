"""The network that comes with the package: subregions of an image, without a download and without a GPU."""
