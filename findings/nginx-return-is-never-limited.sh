#!/usr/bin/env bash
# nginx 1.22 (Debian): limit_req and limit_conn do nothing in a location that answers by `return`.
#
# What happens: nginx goes through its modules in phases. `return` belongs to the rewrite phase and answers there; limits are counted in the phase
# after it, to which such a request never comes. The configuration is accepted without a word, `nginx -t` included, in whatever order the two lines stand.
#
# Why one expects otherwise: both are directives of one location, limit_req is documented to hold for the requests of the location that it stands in,
# and a limit on what is answered from a file or by an upstream beside it works.
#
# What it means for users of limiters: stubs, health answers, redirects (http to https) and maintenance pages look guarded and are not, and who tries a
# limit out on `return 200` sees none at work. Go to a named location that returns, by try_files: the limit is counted on the way.
#
# Seen 2026-11-30, nginx 1.22.1, rate=1r/m, 20 requests in a row:
#   location with limit_req and return:                   20 admitted
#   location with limit_req that goes on to one with it:   1 admitted
set -euo pipefail
PATH=$PATH:/usr/sbin
dir=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null; wait; rm -rf "$dir"' EXIT
cd "$dir"
command -v nginx >/dev/null || apt-get install -y -q --no-install-recommends nginx >/dev/null || { echo "could not install"; exit 2; }
command -v curl >/dev/null || apt-get install -y -q curl >/dev/null || { echo "could not install"; exit 2; }
while port=$((20000 + RANDOM % 10000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
cat >nginx.conf <<END
daemon off;
pid nginx.pid;
error_log stderr crit;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    limit_req_zone \$uri zone=each:1m rate=1r/m;
    limit_req_status 429;
    server {
        listen 127.0.0.1:$port;
        root /;
        location = /returns {
            limit_req zone=each;
            return 200 hello;
        }
        location = /goes-on {
            limit_req zone=each;
            try_files /none @returns;
        }
        location @returns {
            return 200 hello;
        }
    }
}
END
nginx -t -p "$dir" -c nginx.conf -e stderr 2>check.log || { cat check.log; echo "could not start"; exit 2; }
nginx -p "$dir" -c nginx.conf -e stderr &
server=$!
for ((i = 0; i < 50; i++)); do
    ! curl -s -o /dev/null "http://127.0.0.1:$port/" || break
    sleep 0.1
done

# admitted PATH: how many of 20 requests are answered with 200.
admitted() {
    local count=0
    for _ in {1..20}; do
        [[ $(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port$1") != 200 ]] || count=$((count + 1))
    done
    echo "$count"
}
returns=$(admitted /returns)
goes_on=$(admitted /goes-on)
printf 'location with limit_req and return:                   %2d admitted\n' "$returns"
printf 'location with limit_req that goes on to one with it:  %2d admitted\n' "$goes_on"
[[ $returns == 20 && $goes_on == 1 ]]
