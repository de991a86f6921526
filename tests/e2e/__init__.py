"""Tests in a browser. A package, so that pytest ends what they share after the last of them: until then
Playwright keeps an event loop running in the process."""
