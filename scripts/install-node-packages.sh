#!/usr/bin/env bash
# Installs the npm packages of package-lock.json, the Node.js we run on among them. Called by make.
set -euo pipefail

main() {
  if ! command -v npm >/dev/null; then
    printf 'error: npm is not installed\n  next: Install Node.js 20 or newer (Debian and Ubuntu: apt-get install nodejs npm).\n' >&2
    exit 1
  fi
  printf 'Installing npm packages (once; about 120 packages, half a minute)\n'
  npm ci --no-audit --no-fund --loglevel=error
  if ! compgen -G 'node_modules/node-linux-*/bin/node' >/dev/null; then
    printf 'error: npm delivered no Node.js for this machine (%s %s)\n  next: Install Node.js 24 or newer yourself and put it first on PATH.\n' \
      "$(uname -s)" "$(uname -m)" >&2
    node -e 'process.exit(parseInt(process.versions.node) >= 24 ? 0 : 1)' || exit 1
  fi
  touch node_modules/.installed
}

main "$@"
