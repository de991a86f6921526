#!/bin/sh
# A certificate that nobody has signed, so that the first start has HTTPS: browsers warn of it. It is made once, and
# not where certificate.pem and key.pem of your own are.
set -eu
folder=${1:-/tls}
if [ -s "$folder/certificate.pem" ] && [ -s "$folder/key.pem" ]; then exit 0; fi
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$folder/key.pem" -out "$folder/certificate.pem"
