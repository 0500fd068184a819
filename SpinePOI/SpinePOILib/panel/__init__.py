"""The panel, one module a section. They know Qt and no algorithms; what they do is in the modules beside this folder."""
