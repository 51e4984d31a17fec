import Foundation
import TestSupport
import Testing

/// The built `brig` and Debian's docker-registry with all that guards one: TLS with an authority of its own and client
/// certificates, passwords, tokens, a proxy in between. `/etc` is an overlay of the test's own.
@Suite(
    "Guarded registries", .serialized,
    .enabled(
        if: ImagePlace.isReady && TestImages.objection == nil && Machine.has("openssl", "unshare", "jq", "curl"),
        "needs root, the built executables, images, openssl and curl"))
struct RegistryAccessTests {
    /// Makes certificates, and functions that start registries and end with the script.
    private static func prelude() throws -> String {
        let cache = try TestSupport.run(["\(Machine.repository)/Tests/images/make-images"], in: "/tmp").trimmed
        return """
            mkdir etc-upper etc-work
            mount -t overlay -o "lowerdir=/etc,upperdir=$PWD/etc-upper,workdir=$PWD/etc-work" overlay /etc
            mkdir -p keys
            key() { openssl req -newkey rsa:2048 -nodes -keyout keys/$1.key -subj "/CN=$1" -out keys/$1.csr 2>/dev/null; }
            openssl req -x509 -newkey rsa:2048 -nodes -keyout keys/ca.key -subj /CN=authority -days 2 -out keys/ca.crt 2>/dev/null
            key server; key client
            openssl x509 -req -in keys/server.csr -CA keys/ca.crt -CAkey keys/ca.key -CAcreateserial -days 2 \\
              -extfile <(echo subjectAltName=IP:127.0.0.1,DNS:registry.test) -out keys/server.crt 2>/dev/null
            openssl x509 -req -in keys/client.csr -CA keys/ca.crt -CAkey keys/ca.key -CAcreateserial -days 2 \\
              -extfile <(echo extendedKeyUsage=clientAuth) -out keys/client.crt 2>/dev/null
            pids=()
            trap 'kill ${pids[@]} 2>/dev/null || :; wait 2>/dev/null' EXIT
            # registry NAME HTTP-SETTINGS [MORE]: sets R to its address.
            registry() {
              mkdir $1
              touch $1/log
              printf 'version: 0.1\\nlog: {level: info, accesslog: {disabled: true}}\\nstorage: {filesystem: {rootdirectory: %s}}\\nhttp: {addr: "127.0.0.1:0"%s}\\n%s\\n' \\
                "$PWD/$1/storage" "$2" "${3-}" >$1/config.yml
              \(cache)/bin/docker-registry serve $1/config.yml >$1/log 2>&1 </dev/null &
              pids+=($!)
              for _ in {1..2400}; do
                R=$(sed -n 's/.*listening on \\(127\\.0\\.0\\.1:[0-9]*\\).*/\\1/p' $1/log | head -1)
                [ -z "$R" ] || return 0
                sleep 0.05
              done
              cat $1/log >&2
              return 1
            }
            tls=", tls: {certificate: $PWD/keys/server.crt, key: $PWD/keys/server.key"
            mkdir -p tree/bin; cp /bin/busybox tree/bin/true
            brig import <(tar -C tree -c .) image:1 >/dev/null
            refused() { fails "$@"; same "$(wc -l <error)" 1; }

            """
    }

    private func check(
        _ text: String, environment: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let place = try ImagePlace()
        let outcome = try place.script(try Self.prelude() + text, environment: environment, ownMounts: true)
        #expect(outcome.code == 0, "\(outcome.summary)", sourceLocation: sourceLocation)
        #expect(!(outcome.output + outcome.errors).contains("s3cret"), sourceLocation: sourceLocation)
    }

    @Test("TLS: an authority and a client certificate from certs.d; without them nothing is sent")
    func certificates() throws {
        try check(
            """
            registry plain "$tls}"
            brig tag image:1 $R/a/image:1
            refused brig push $R/a/image:1
            grep -q "is not signed by an authority that this machine knows; put .*/etc/brig/certs.d/$R/ca.crt" error
            mkdir -p /etc/brig/certs.d/$R; cp keys/ca.crt /etc/brig/certs.d/$R/
            brig push -q $R/a/image:1 >/dev/null
            STORE=second brig pull -q $R/a/image:1 >/dev/null
            same "$(STORE=second id_of $R/a/image:1)" "$(id_of image:1)"

            registry mutual "$tls, clientcas: [$PWD/keys/ca.crt]}"
            brig tag image:1 $R/a/image:1
            mkdir -p /etc/docker/certs.d/$R; cp keys/ca.crt /etc/docker/certs.d/$R/
            refused brig push $R/a/image:1
            grep -q 'does not accept our certificate; put it into' error
            cp keys/client.crt /etc/docker/certs.d/$R/client.cert; cp keys/client.key /etc/docker/certs.d/$R/client.key
            brig push -q $R/a/image:1 >/dev/null
            STORE=second brig pull -q $R/a/image:1 >/dev/null
            """)
    }

    @Test("passwords: asked for before anything is kept, sent only where they belong")
    func passwords() throws {
        try check(
            """
            python3 -W ignore -c "import crypt; print('user:' + crypt.crypt('s3cret', crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))" >htpasswd
            registry basic "" "auth: {htpasswd: {realm: tests, path: $PWD/htpasswd}}"
            brig tag image:1 $R/a/image:1
            refused brig push $R/a/image:1
            grep -q "log in: brig login $R" error
            fails brig login -u user --password-stdin $R <<<wrong
            same "$(jq -c . login/config.json)" "{}"
            brig login -u user --password-stdin $R <<<s3cret >/dev/null 2>&1
            same "$(stat -c %a login/config.json)" 600
            brig push -q $R/a/image:1 >/dev/null
            STORE=second brig pull -q $R/a/image:1 >/dev/null
            brig logout $R >/dev/null
            refused brig pull -q $R/a/image:1
            """)
    }

    @Test("a helper keeps the log-in, and the file has nothing of it")
    func helpers() throws {
        try check(
            """
            python3 -W ignore -c "import crypt; print('user:' + crypt.crypt('s3cret', crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))" >htpasswd
            registry basic "" "auth: {htpasswd: {realm: tests, path: $PWD/htpasswd}}"
            mkdir helpers
            cat >helpers/docker-credential-drawer <<'END'
            #!/bin/sh
            cd "${0%/*}"
            case $1 in
              store) cat >kept ;;
              get) [ -f kept ] && cat kept || { echo credentials not found in native keychain; exit 1; } ;;
              erase) rm kept ;;
            esac
            END
            chmod 755 helpers/docker-credential-drawer
            export PATH=$PWD/helpers:$PATH
            echo "{\\"credHelpers\\": {\\"$R\\": \\"drawer\\"}}" >login/config.json
            before=$(cat login/config.json)
            brig tag image:1 $R/a/image:1
            refused brig push $R/a/image:1
            brig login -u user --password-stdin $R <<<s3cret >/dev/null 2>&1
            grep -q s3cret helpers/kept
            ! grep -rq s3cret login
            brig push -q $R/a/image:1 >/dev/null
            STORE=second brig pull -q $R/a/image:1 >/dev/null
            brig logout $R >/dev/null
            [ ! -e helpers/kept ]
            refused brig push $R/a/image:1
            same "$(jq -c .credHelpers login/config.json)" "$(jq -c .credHelpers <<<"$before")"
            """)
    }

    @Test("a mirror is asked first, and for pulls alone; what it lacks the registry has")
    func mirrors() throws {
        try check(
            """
            registry near ""
            near=$R
            registry home ""
            home=$R
            mkdir -p /etc/brig
            echo "{\\"registries\\": {\\"$home\\": {\\"mirrors\\": [\\"http://$near\\"]}}}" >/etc/brig/registries.json
            brig tag image:1 $near/a/mirrored:1; brig push -q $near/a/mirrored:1 >/dev/null
            STORE=second brig pull -q $home/a/mirrored:1 >/dev/null
            same "$(STORE=second id_of $home/a/mirrored:1)" "$(id_of image:1)"
            brig tag image:1 $home/a/image:1; brig push -q $home/a/image:1 >/dev/null
            same "$(curl -s http://$near/v2/_catalog | jq -c .repositories) $(curl -s http://$home/v2/_catalog | jq -c .repositories)" \
              '["a/mirrored"] ["a/image"]'
            STORE=third brig pull -q $home/a/image:1 >/dev/null
            same "$(STORE=third id_of $home/a/image:1)" "$(id_of image:1)"
            """)
    }

    @Test("tokens: for pulling and for pushing, with a password and without")
    func tokens() throws {
        try check(
            """
            openssl req -x509 -newkey rsa:2048 -nodes -keyout token.key -subj /CN=tests -days 2 -out token.crt 2>/dev/null
            mkfifo stop ports
            "$TOOLS/side-servers" . <stop >ports & pids+=($!)
            exec 7>stop
            read tokens proxy <ports
            registry guarded "" "auth: {token: {realm: \\"http://127.0.0.1:$tokens/token\\", service: registry, issuer: tests, rootcertbundle: $PWD/token.crt}}"
            brig tag image:1 $R/a/image:1
            refused brig push $R/a/image:1
            brig login -u user --password-stdin $R <<<s3cret >/dev/null 2>&1
            brig push -q $R/a/image:1 >/dev/null
            brig logout $R >/dev/null
            STORE=second brig pull -q $R/a/image:1 >/dev/null
            same "$(STORE=second id_of $R/a/image:1)" "$(id_of image:1)"
            """)
    }

    @Test("a proxy: asked to connect, with its password, but not for what no_proxy names or what is on this machine")
    func proxies() throws {
        try check(
            """
            openssl req -x509 -newkey rsa:2048 -nodes -keyout token.key -subj /CN=tests -days 2 -out token.crt 2>/dev/null
            mkfifo stop ports
            "$TOOLS/side-servers" . <stop >ports & pids+=($!)
            exec 7>stop
            read tokens proxy <ports
            registry far "$tls}"
            far=registry.test:${R#*:}
            mkdir -p /etc/brig/certs.d/$far /etc/brig/certs.d/$R; cp keys/ca.crt /etc/brig/certs.d/$far/; cp keys/ca.crt /etc/brig/certs.d/$R/
            brig tag image:1 $far/a/image:1
            refused brig push $far/a/image:1
            export https_proxy=http://me:s3cret@127.0.0.1:$proxy
            brig push -q $far/a/image:1 >/dev/null
            STORE=second HTTPS_PROXY=127.0.0.1:$proxy https_proxy= brig pull -q $far/a/image:1 >/dev/null
            same "$(STORE=second id_of $far/a/image:1)" "$(id_of image:1)"
            same "$(cut -d' ' -f1-3 proxy.log | sort -u)" "CONNECT $far HTTP/1.1"
            same "$(cut -d' ' -f4- proxy.log | sort -u | xargs)" "- Basic $(printf me:s3cret | base64)"
            lines=$(wc -l <proxy.log)
            STORE=third brig pull -q $R/a/image:1 >/dev/null
            no_proxy=other,.test refused brig pull -q $far/a/image:1
            same "$(wc -l <proxy.log)" "$lines"
            https_proxy=ftp://127.0.0.1:1 refused brig pull -q $far/a/image:1
            grep -q 'https_proxy: only a proxy that is spoken to by http' error
            refused brig pull -q elsewhere.test/a/image:1
            grep -q 'the proxy does not connect to it' error

            registry far2 ""
            far=registry.test:${R#*:}
            echo "{\\"registries\\": {\\"$far\\": {\\"plainHTTP\\": true}}}" >/etc/brig/registries.json
            export http_proxy=127.0.0.1:$proxy
            brig tag image:1 $far/a/image:1
            brig push -q $far/a/image:1 >/dev/null
            grep -q "CONNECT $far" proxy.log
            """)
    }
}
