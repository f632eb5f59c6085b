"""The edge of the web application: host to association, one transaction a request, refusals to pages."""
