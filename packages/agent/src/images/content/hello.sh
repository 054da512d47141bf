#!/bin/sh
# PID 1 of gantry/hello: serves /www on $PORT and ends at once on SIGTERM.
port="${PORT:-80}"
httpd -f -p "$port" -h /www &
server=$!
trap 'echo "gantry/hello: told to stop, goodbye"; kill "$server" 2>/dev/null; exit 0' TERM INT
echo "gantry/hello: listening on port $port as $(hostname)"
wait "$server"
code=$?
echo "gantry/hello: the server ended with code $code" >&2
exit "$code"
