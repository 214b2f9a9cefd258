#!/usr/bin/env bash
# Run through Azure's run-command: makes a client certificate of the cluster for a public key whose private half never
# leaves the host that asks.
# Inputs: PUBLIC_KEY (PEM), USER_NAME, DAYS, PKI (where the cluster's certificate authority is).
# Prints certificate= and ca= (each the PEM in base64).
set -euo pipefail

main() {
  : "${PUBLIC_KEY:?}" "${USER_NAME:?}" "${DAYS:?}" "${PKI:?}"
  folder="$(mktemp --directory)"
  trap 'rm -rf "$folder"' EXIT
  printf '%s' "$PUBLIC_KEY" >"$folder/public.pem"
  printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n' >"$folder/extensions"
  # A key of no use: openssl wants one to make a request with, and the certificate then carries ours.
  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$folder/none.pem"
  openssl req -new -key "$folder/none.pem" -subj "/O=kubeadm:cluster-admins/CN=$USER_NAME" -out "$folder/request.pem"
  openssl x509 -req -in "$folder/request.pem" -force_pubkey "$folder/public.pem" -days "$DAYS" \
    -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
    -extfile "$folder/extensions" -out "$folder/certificate.pem" 2>/dev/null
  printf 'certificate=%s\nca=%s\n' "$(base64 --wrap=0 "$folder/certificate.pem")" "$(base64 --wrap=0 "$PKI/ca.crt")"
}

main
