import Foundation
import TestSupport
import Testing

/// The built `brig` and a registry that misbehaves (`flaky-registry.py`), and processes that meet on one image.
@Suite(
    "Images in trouble", .serialized, .enabled(if: ImagePlace.isReady && Machine.has("curl", "jq"), ImagePlace.needs))
struct ImageTroubleTests {
    /// Starts the registry: sets R and OTHER to its addresses.
    private static let registry = """
        mkfifo stop ports
        python3 "$REPOSITORY/Tests/RegistryTests/flaky-registry.py" <stop >ports & pids=($!)
        trap 'kill ${pids[@]} 2>/dev/null || :; wait 2>/dev/null' EXIT
        exec 7>stop
        read port other <ports
        R=127.0.0.1:$port
        layers() { curl -s http://$R/log | jq "[.[] | select(.method == \\"GET\\" and (.path | contains(\\"i.$1/blobs\\")))] | length"; }

        """

    @Test("a pull ends whole or fails with one line, and leaves nothing wrong")
    func pulls() throws {
        try ImagePlace().check(
            Self.registry + """
                for name in plain drop drop-whole wrong-range no-range busy failing hang-up redirect redirect-home slow; do
                  brig pull -q $R/i.$name:1 >out 2>error || { echo "$name: $(cat error)" >&2; exit 1; }
                  same "$name $(id_of $R/i.$name:1)" "$name $(id_of $R/i.plain:1)"
                  brig rmi $R/i.$name:1 >/dev/null
                  [ $name = plain ] || brig pull -q $R/i.plain:1 >/dev/null
                  [ $name = plain ] && brig pull -q $R/i.plain:1 >/dev/null
                  brig rmi $R/i.plain:1 >/dev/null
                  brig pull -q $R/i.plain:1 >/dev/null
                done
                brig rmi $R/i.plain:1 >/dev/null
                for name in missing short ends-early long endless encoded wrong-content busy-long wrong-digest wrong-type twice page old huge \\
                    unknown denied redirect-loop redirect-file redirect-user redirect-bad redirect-line redirect-nowhere; do
                  # What one of them has left may be all that the next one needs.
                  STORE=s-$name
                  fails brig pull -q $R/i.$name:1
                  same "$name $(wc -l <error)" "$name 1"
                  grep -q "^brig: pull $R/i.$name:1: " error
                  [ $name != busy-long ] || grep -Eq '20[0-9]{2}-[0-9]{2}-[0-9]{2}' error || { cat error >&2; exit 97; }
                  sound
                  brig system check --repair >/dev/null
                  same "$(brig system check)" "checked 0 images, 0 layers, 0 blobs"
                  same "$(ls $STORE/blobs/partial $STORE/blobs/sha256 | grep -Ec '[0-9a-f]{64}')" 0
                done
                """)
    }

    @Test("progress: bytes and rate on a terminal, an object a line as JSON, a line a step elsewhere")
    func progress() throws {
        try ImagePlace().check(
            Self.registry + """
                script -qec "stty cols 100 rows 30; $BRIG --root $PWD/live --run-root $PWD/run-live pull $R/i.slow:1" seen >/dev/null </dev/null
                grep -Eq ': Downloading \\[=+>? *\\] [0-9.]+kB/1\\.[0-9]+MB [0-9.]+[kM]B/s' seen || { cat -v seen >&2; exit 96; }
                grep -q 'Status: Downloaded newer image' seen
                STORE=json brig pull --progress json $R/i.slow:1 >lines
                jq -se 'all(has("status"))' lines >/dev/null
                jq -se '[.[] | select(.status == "Downloading" and .progressDetail.current > 0 and .progressDetail.total > 1000000)] | length >= 2' lines >/dev/null
                same "$(jq -r '.status | select(startswith("Status: "))' lines)" "Status: Downloaded newer image for $R/i.slow:1"
                STORE=plain brig pull --progress plain $R/i.slow:1 >lines
                same "$(grep -c ': Pull complete$' lines) $(grep -c Downloading lines)" "1 0"
                same "$(STORE=quiet brig pull --quiet $R/i.slow:1)" $R/i.slow:1
                fails brig pull --progress bars $R/i.slow:1
                """)
    }

    @Test("nobody but the registry and its token server is told who asks")
    func credentials() throws {
        try ImagePlace().check(
            Self.registry + """
                echo "{\\"auths\\": {\\"$R\\": {\\"auth\\": \\"$(printf user:s3cret | base64)\\"}}}" >login/config.json
                for name in basic basic-redirect token token-redirect; do STORE=$name brig pull -q $R/i.$name:1 >/dev/null; done
                for name in basic-there-and-back token-plain; do STORE=$name fails brig pull -q $R/i.$name:1; done
                curl -s http://$R/log >log
                same "$(jq "[.[] | select(.port == $other and (.path | startswith(\\"/token\\") | not) and .authorization != null)]" log)" '[]'
                [ "$(jq "[.[] | select(.port == $other and (.path | startswith(\\"/elsewhere\\")))] | length" log)" -ge 2 ]
                [ "$(jq '[.[] | select(.authorization != null)] | length' log)" -ge 6 ]
                ! grep -rq s3cret basic* token* error
                """)
    }

    @Test("several processes that pull one image fetch it once; those that load it at the same time do no harm")
    func races() throws {
        try ImagePlace().check(
            Self.registry + """
                brig pull -q $R/i.plain:1 >/dev/null
                brig save -o one.tar $R/i.plain:1
                brig rmi $R/i.plain:1 >/dev/null
                started=()
                for i in 1 2 3; do brig pull -q $R/i.slow:1 >out$i 2>&1 & started+=($!); done
                for pid in ${started[@]}; do wait $pid; done
                # The config and the layer.
                same "$(layers slow)" 2
                brig rmi $R/i.slow:1 >/dev/null
                for round in 1 2 3 4 5; do
                  started=()
                  for i in 1 2; do
                    brig pull -q $R/i.plain:1 >/dev/null 2>error$i & started+=($!)
                    brig load -q -i one.tar 2>error-load$i & started+=($!)
                  done
                  for pid in ${started[@]}; do wait $pid || { cat error* >&2; exit 1; }; done
                  sound
                  started=()
                  for i in 1 2 3; do brig rmi -f $R/i.plain:1 >/dev/null 2>&1 & started+=($!); done
                  brig load -q -i one.tar & started+=($!)
                  for pid in ${started[@]}; do wait $pid || :; done
                  sound
                  brig load -q -i one.tar
                  brig rmi -f $R/i.plain:1 >/dev/null
                  same "$(brig system check)" "checked 0 images, 0 layers, 0 blobs"
                done
                """)
    }

    @Test("an index that leads to gigabytes of manifests is not followed to all of them")
    func bomb() throws {
        try ImagePlace().check(
            Self.registry + """
                same "$(brig manifest inspect $R/bomb:1 | jq '.manifests | length')" 300
                fails brig manifest inspect -v $R/bomb:1
                same "$(wc -l <error)" 1
                same "$(curl -s http://$R/log | jq '[.[] | select(.path | contains("/bomb/manifests/sha256"))] | length')" 0
                """)
    }

    @Test("layouts: a blob that is in the store already must have the size that is said; sha512 is as good as sha256")
    func layouts() throws {
        try ImagePlace().check(
            Self.registry + """
                brig pull -q $R/i.plain:1 >/dev/null
                id=$(id_of $R/i.plain:1)
                mkdir lay; brig save $R/i.plain:1 | tar -x -C lay; rm lay/manifest.json lay/repositories
                blob() { echo lay/blobs/sha256/${1#sha256:}; }
                # Gives the layout another manifest, from standard input.
                replace() {
                  cat >lay/new; local new=$(sha256sum <lay/new | cut -d' ' -f1) size=$(stat -c %s lay/new)
                  mv lay/new lay/blobs/sha256/$new
                  jq -c ".manifests[0].digest = \\"sha256:$new\\" | .manifests[0].size = $size" lay/index.json >lay/i; mv lay/i lay/index.json
                }
                first=$(manifest_of lay)
                layer=$(jq -r .layers[0].digest $(blob $first))
                mv $(blob $layer) kept
                jq -c '.layers[0].size += 1' $(blob $first) | replace
                fails brig load -i lay
                same "$(wc -l <error)" 1
                grep -q "${layer#sha256:}" error
                sound
                long=$(sha512sum <kept | cut -d' ' -f1)
                mkdir lay/blobs/sha512; mv kept lay/blobs/sha512/$long
                jq -c ".layers[0].digest = \\"sha512:$long\\"" $(blob $first) | replace
                STORE=second
                brig load -q -i lay
                same "$(brig images -q --no-trunc)" "$id"
                same "$(brig save $R/i.plain:1 | tar -xO index.json | jq -r '.manifests[0].digest')" "$(manifest_of lay)"
                [ -f second/blobs/sha512/$long ]
                sound
                brig rmi $R/i.plain:1 >/dev/null
                same "$(brig system check)" "checked 0 images, 0 layers, 0 blobs"
                """)
    }

    @Test("what a loss of power has left of a blob is fetched anew at once")
    func damagedPart() throws {
        try ImagePlace().check(
            Self.registry + """
                # Begins to fetch what comes to a halt half way, and is killed there.
                killed_half_way() {
                  begin pull -q $R/i.$1:1
                  until [ "$(stat -c %s root/blobs/partial/sha256-* 2>/dev/null | sort -n | tail -1)0" -ge 2000000 ]; do sleep 0.05; done
                  kill -9 $pid; wait $pid 2>/dev/null || :
                }
                killed_half_way halt
                part=$(ls -S root/blobs/partial/sha256-* | head -1)
                dd if=/dev/zero of=$part bs=1000 count=50 conv=notrunc status=none
                brig pull -q $R/i.halt:1 >/dev/null
                sound
                # The same without damage goes on where it was: so it asks for a part.
                brig rmi $R/i.halt:1 >/dev/null
                killed_half_way halt-again
                brig pull -q $R/i.halt-again:1 >/dev/null
                curl -s http://$R/log | jq -e '[.[] | select((.path | contains("i.halt-again/")) and .range != null)] | length >= 1' >/dev/null
                sound
                """)
    }
}
