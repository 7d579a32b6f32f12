# shellcheck shell=bash
# Sourced by run.sh: who may take part, and how each is started: by run_NAME (dashes become underscores), which ends in the program. What it
# exports stays its own. What the tables say of them is in contenders.mjs.
contenders=(bare memory redis orleans aspnet redis-rate-limiting nginx haproxy
    express-flexible-memory express-flexible-redis express-rate-limit-redis fastify-memory fastify-redis)
node_contenders=(express-flexible-memory express-flexible-redis express-rate-limit-redis fastify-memory fastify-redis)

# In which of Redis' databases a contender counts: what is there is thrown away before each of its turns. Database 0 has the silos' list.
declare -A database_of=([redis]=1 [redis-rate-limiting]=2 [express-flexible-redis]=3 [express-rate-limit-redis]=4 [fastify-redis]=5)

# What else works for a contender, beside its own processes.
declare -A helpers_of=([redis]=redis-server [redis-rate-limiting]=redis-server [express-flexible-redis]=redis-server
    [express-rate-limit-redis]=redis-server [fastify-redis]=redis-server [orleans]='silo1 silo2')

run_redis_server() {
    mkdir -p redis-server
    exec redis-server --bind 127.0.0.1 --port "${port_of[redis-server]}" --dir "$PWD/redis-server" --save '' --appendonly no \
        --maxmemory-policy noeviction --databases 16
}

run_silo() { # NAME
    export REDIS_URL=redis://127.0.0.1:${port_of[redis-server]}/0 ADVERTISED_ADDRESS=127.0.0.1 ASPNETCORE_CONTENTROOT=$root/Silo
    export SILO_PORT=${port_of[$1-silo]} GATEWAY_PORT=${port_of[$1-gateway]} OPERATIONS_PORT=${port_of[$1]}
    exec dotnet "$root/Silo/bin/Release/net10.0/OrleansLimiter.Silo.dll"
}
run_silo1() { run_silo silo1; }
run_silo2() { run_silo silo2; }

run_service() { # NAME ENGINE DATABASE
    export PORT=${port_of[$1]} OPERATIONS_PORT=${port_of[$1-operations]} LIMITER_ENGINE=$2 DATABASE_URL=sqlite:$PWD/$1.db
    export ASPNETCORE_CONTENTROOT=$root/Api
    [[ $2 == memory ]] || export REDIS_URL=redis://127.0.0.1:${port_of[redis-server]}/$3
    exec dotnet "$root/Api/bin/Release/net10.0/OrleansLimiter.Api.dll"
}
run_memory() { run_service memory memory 0; }
run_redis() { run_service redis redis "${database_of[redis]}"; }
run_orleans() { run_service orleans orleans 0; }

run_bare() {
    export PORT=${port_of[bare]}
    exec dotnet "$root/bench/Http/BareEndpoint/bin/Release/net10.0/OrleansLimiter.BareEndpoint.dll"
}

run_aspnet() {
    export PORT=${port_of[aspnet]} LIMITER=framework
    exec dotnet "$root/bench/Peers/AspNetCore/bin/Release/net10.0/OrleansLimiter.PeersAspNetCore.dll"
}

run_redis_rate_limiting() {
    export PORT=${port_of[redis-rate-limiting]} LIMITER=redis-rate-limiting
    export REDIS=127.0.0.1:${port_of[redis-server]},defaultDatabase=${database_of[redis-rate-limiting]}
    exec dotnet "$root/bench/Peers/AspNetCore/bin/Release/net10.0/OrleansLimiter.PeersAspNetCore.dll"
}

run_node() { # NAME LIMITER STORE
    export PORT=${port_of[$1]} LIMITER=$2 STORE=$3 WORKERS=2 NODE_ENV=production
    [[ $3 != redis ]] || export REDIS=redis://127.0.0.1:${port_of[redis-server]}/${database_of[$1]}
    exec "$node" "$packages/server.mjs"
}
run_express_flexible_memory() { run_node express-flexible-memory flexible memory; }
run_express_flexible_redis() { run_node express-flexible-redis flexible redis; }
run_express_rate_limit_redis() { run_node express-rate-limit-redis express-rate-limit redis; }
run_fastify_memory() { run_node fastify-memory fastify memory; }
run_fastify_redis() { run_node fastify-redis fastify redis; }

run_nginx() {
    mkdir -p nginx
    sed "s/PORT/${port_of[nginx]}/" "$root/bench/Peers/proxies/nginx.conf" >nginx/nginx.conf
    exec nginx -p "$PWD/nginx" -c nginx.conf -e stderr
}

run_haproxy() {
    export PORT=${port_of[haproxy]}
    exec haproxy -db -f "$root/bench/Peers/proxies/haproxy.cfg"
}
