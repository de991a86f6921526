"""How the web server reads requests, with bounds on headers, bodies and time, and knows who is signed in."""
