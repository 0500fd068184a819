"""Nothing here is a test: the hosts are packages that the tests import."""

collect_ignore_glob = ["*"]
