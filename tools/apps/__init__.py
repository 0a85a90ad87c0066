"""Released chat applications, driven in a browser through the sandbox: `make apps`."""
