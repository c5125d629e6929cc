"""What a process that serves Pairloom needs around its worker: settings, clients, record keeping."""
