"""Who may open the page: host names, the password, slow clients, security headers, requests of other sites."""
