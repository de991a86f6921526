"""What operators learn of this process: log lines, counts and spans of requests, errors for Sentry."""
