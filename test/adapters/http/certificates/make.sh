#!/bin/sh
# Makes the certificates of the tests of HTTPS anew: an authority, a server's, another server's, a client's. Their keys are
# worth nothing. They are good for a hundred years.
set -e
cd "$(dirname "$0")"
days=36500
openssl ecparam -name prime256v1 -genkey -noout -out ca.key
openssl req -x509 -new -key ca.key -days $days -subj "/CN=Quorate's tests" -out ca.pem
for name in server other client; do
  openssl ecparam -name prime256v1 -genkey -noout -out $name.key
  printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' >$name.ext
  openssl req -new -key $name.key -subj "/CN=$name.dc1.consul" |
    openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days $days -extfile $name.ext -out $name.pem
done
rm -f ca.key ca.srl ./*.ext
