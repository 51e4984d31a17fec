import Foundation
import TestSupport
import Testing

/// Images between `brig` and dockerd 20.10, and what both say to the same commands on them.
@Suite(
    "Images and Docker", .serialized,
    .enabled(
        if: ImagePlace.isReady && TestImages.objection == nil && Machine.has("dockerd", "docker", "containerd"),
        "needs images, and docker.io, which make test does not install: its package starts a daemon"))
struct ImageDockerTests {
    /// A function `docker`, and two images of Docker's, `box` and, on it, `two:1`, in an archive of its own.
    private static func prelude(_ host: DockerHost, _ registry: TestRegistry) -> String {
        """
        R=\(registry.address)
        docker() {
          local code
          for try in 1 2 3 4 5 6 7 8 9 10; do
            code=0
            command docker --host unix://\(host.place.directory)/socket "$@" 2>docker-error || code=$?
            # At times the daemon still counts a child that it has just removed.
            grep -q 'image has dependent child images' docker-error || break
            sleep 1
          done
          cat docker-error >&2
          return $code
        }
        # Both list the newest first, by whole seconds; Docker lists those of one second in any order.
        until [ $(date +%s) -gt $(date -d "$(docker inspect -f '{{.Created}}' box)" +%s) ]; do sleep 0.1; done
        docker run --name work --network none box /bin/sh -c 'echo new >/new; rm /bin/wc; rm -r /data; mkdir /data; echo y >/data/y'
        docker commit -m second -a me -c 'CMD ["/bin/cat","/new"]' -c 'LABEL k=v' -c 'ENV A=b' work two:1 >/dev/null
        docker rm work >/dev/null
        docker save -o docker.tar two:1 box

        """
    }

    /// Runs a script beside a daemon, and takes all away.
    private func check(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let registry = try TestRegistry(hasImages: false)
        let host = try DockerHost()
        let place = try ImagePlace()
        let outcome = Result { try place.script(Self.prelude(host, registry) + text) }
        let left = host.close()
        #expect(left.isEmpty, "left behind: \(left)", sourceLocation: sourceLocation)
        let ended = try outcome.get()
        #expect(ended.code == 0, "\(ended.summary)", sourceLocation: sourceLocation)
    }

    @Test("save and load, push and pull, both ways: the same identifiers and digests")
    func roundTrips() throws {
        try check(
            """
            id=$(docker inspect -f '{{.Id}}' two:1)
            brig load -q -i docker.tar
            same "$(id_of two:1)" "$id"
            same "$(id_of box)" "$(docker inspect -f '{{.Id}}' box)"
            same "$(brig run --rm --network none two:1)" new
            same "$(brig run --rm --network none two:1 /bin/sh -c 'ls /data /bin/wc 2>/dev/null; true' | xargs)" "/data: y"
            brig save -o brig.tar two:1 box
            docker rmi -f two:1 box >/dev/null
            docker load -q -i brig.tar >/dev/null
            same "$(docker inspect -f '{{.Id}}' two:1)" "$id"
            same "$(docker run --rm --network none two:1)" new
            docker save two:1 | STORE=second brig load -q
            same "$(STORE=second id_of two:1)" "$id"

            docker tag two:1 $R/docker/two:1
            docker push -q $R/docker/two:1 >/dev/null
            STORE=second brig pull -q $R/docker/two:1 >/dev/null
            same "$(STORE=second id_of $R/docker/two:1)" "$id"
            digest=$(docker inspect -f '{{index .RepoDigests 0}}' $R/docker/two:1)
            same "$(STORE=second brig image inspect -f '{{index .RepoDigests 0}}' $R/docker/two:1)" "$digest"
            STORE=third brig pull -q $digest >/dev/null
            same "$(STORE=third brig images -q --no-trunc)" "$id"

            brig tag two:1 $R/brig/two:1
            brig push -q $R/brig/two:1 >/dev/null
            docker rmi -f $id >/dev/null
            docker pull -q $R/brig/two:1 >/dev/null
            same "$(docker inspect -f '{{.Id}}' $R/brig/two:1)" "$id"
            same "$(docker inspect -f '{{index .RepoDigests 0}}' $R/brig/two:1)" \\
              "$(brig image inspect -f '{{index .RepoDigests 0}}' $R/brig/two:1)"
            sound
            """)
    }

    @Test("the same events for the same commands: their names, whom they happened to, what else is known")
    func events() throws {
        try check(
            """
            docker rmi two:1 >/dev/null
            docker rmi box >/dev/null
            mkdir -p tree/bin; cp /bin/busybox tree/bin/; tar -C tree -cf tree.tar .
            both() {
              docker "$@" >/dev/null 2>error || { cat error >&2; exit 96; }
              brig "$@" >/dev/null 2>error || { cat error >&2; exit 97; }
            }
            start=$(date +%s.%N)
            both load -i docker.tar
            both tag two:1 $R/ev/two:1
            both tag two:1 $R/ev/two:2
            both push -q $R/ev/two:1
            # Of several images dockerd tells in any order.
            both save -o x.tar box
            both save -o x.tar two:1
            both rmi $R/ev/two:2
            both rmi $R/ev/two:1
            both pull -q $R/ev/two:1
            both rmi two:1
            both rmi $R/ev/two:1
            both load -q -i docker.tar
            both tag box two:1
            both image prune -f
            both import -c 'LABEL own=yes' tree.tar mine:1
            both tag mine:1 again
            both rmi mine:1
            both rmi again
            both load -q -i docker.tar
            both create --name one box /bin/true
            both commit -m words one $R/com
            both commit one
            both rm one
            both rmi -f two:1
            end=$(date +%s.%N)
            for who in docker brig; do
              $who events --since $start --until $end --filter type=image --format '{{json .}}' |
                jq -c '[.Type, .Action, .Actor.ID, (.Actor.Attributes | del(.reclaimed)), .status, .id, .scope]' >$who-raw
              $who events --since $start --until $end --filter event=commit --format '{{json .}}' |
                jq -c '[.Type, .Action, (.Actor.Attributes | [.comment, .imageID, .imageRef, .name]), .status, .from]' >>$who-raw
              # Identifiers of images that were made just now are different.
              awk '{ while (match($0, /sha256:[0-9a-f]+/)) { id = substr($0, RSTART, RLENGTH); if (!(id in seen)) seen[id] = ++n
                $0 = substr($0, 1, RSTART - 1) "ID" seen[id] substr($0, RSTART + RLENGTH) } print }' $who-raw >$who-events
            done
            [ $(wc -l <docker-events) -ge 25 ]
            diff docker-events brig-events >&2
            """)
    }

    /// One command for both. What it changes, it changes in both.
    static let commands = [
        "load -i docker.tar", "images", "images -q", "images --no-trunc", "images nosuch", "images two",
        "images --format '{{.Repository}} {{.Tag}} {{.ID}} {{.Digest}} {{.Size}} {{.CreatedSince}}'",
        "images --filter reference=t* --format '{{.Repository}}'", "images --filter label=k=v -q",
        "images --filter dangling=true -q", "images --filter before=two:1 -q", "images --filter since=box -q",
        "image ls -q two:1", "history --format '{{.CreatedSince}} {{.CreatedBy}} {{.Size}}' two:1",
        "history box",
        "history --no-trunc --format '{{.CreatedBy}}|{{.Size}}|{{.Comment}}' two:1",
        "history nosuch", "image inspect nosuch", "image inspect two:1 nosuch -f '{{.Id}}'",
        "image inspect -f '{{.Id}} {{.RepoTags}} {{.RepoDigests}} {{.Comment}} {{.Created}} {{.Author}}' two:1",
        "image inspect -f '{{.Architecture}} {{.Os}} {{.Size}} {{.VirtualSize}} {{.RootFS.Type}} {{.RootFS.Layers}}' two:1",
        "image inspect -f '{{.Config.Cmd}} {{.Config.Env}} {{.Config.Labels}} {{.Config.User}} {{.Config.WorkingDir}}' two:1",
        "image inspect -f '{{json .Config.Cmd}} {{json .Config.Env}} {{len .RootFS.Layers}}' two:1",
        "tag nosuch x", "tag two:1 Bad:x", "tag two:1 $R/cmp/two:1", "rmi nosuch", "push $R/nosuch:1",
        "pull $R/nosuch:1", "save nosuch -o x.tar", "load -i nosuch.tar", "load -i /bin/true", "export nosuch",
        "image prune -f", "tag two:1 other/two:2", "rmi other/two:2", "rmi $R/cmp/two:1", "tag box two:1",
        "images --format '{{.Tag}}'",
        "image prune -f", "rmi two:1", "rmi box", "images -a", "import tree.tar mine:1", "rmi mine:1",
    ]

    @Test("the same words on the same images: what is printed, and the exit status")
    func words() throws {
        let lines = Self.commands.map { "compare \($0)\n" }.joined()
        try check(
            """
            docker rmi two:1 >/dev/null
            docker rmi box >/dev/null
            mkdir -p tree/bin; cp /bin/busybox tree/bin/; tar -C tree -cf tree.tar .
            differ=0
            # An import has a time of its own, and so another identifier.
            plain() { sed -E "s/sha256:[0-9a-f]{64}/SHA/g; s/[0-9]+ (seconds?|minutes?) ago/AGO/; s/ +/ /g"; }
            compare() {
              docker "$@" >theirs 2>their-error </dev/null && their=0 || their=$?
              brig "$@" >ours 2>our-error </dev/null && our=0 || our=$?
              case "$1 ${2-}" in
                "import "* | "rmi mine:1") for f in theirs ours; do plain <$f >$f-; mv $f- $f; done ;;
                *) for f in theirs ours; do sed -E "s/(About a|[0-9]+) (seconds?|minutes?) ago */AGO /" $f | sed 's/  */ /g' >$f-; mv $f- $f; done ;;
              esac
              # Docker writes an empty line for a template of nothing; Brig has reclaimed packed blobs, too.
              sed -i '/^$/d; /^Total reclaimed space: [1-9]/d' theirs ours
              [ $their = $our ] && cmp -s theirs ours && [ "$([ -s their-error ] && echo said)" = "$([ -s our-error ] && echo said)" ] || {
                differ=1
                echo "$*: $their and $our"; diff theirs ours || :; head -3 their-error our-error
              } >&2
            }
            \(lines)
            # Pushes and pulls tell of layers in the order in which these come.
            docker load -q -i docker.tar >/dev/null; brig load -q -i docker.tar
            for step in 1 2; do
              for who in docker brig; do
                $who tag two:1 $R/$who/two:1
                $who push $R/$who/two:1 | sed -E "s/$who/WHO/; s/sha256:[0-9a-f]{64} size: [0-9]+/SHA/" | sort >$who-out
              done
              grep -v ': Pushing$' brig-out | diff docker-out - || differ=1
            done >&2
            # The layers lie there already; so both fetch the other's.
            # Newest first: no image goes before those that were made of it.
            docker rmi -f $(docker images -q | awk '!seen[$0]++') >/dev/null; brig rmi -f $(brig images -q | sort -u) >/dev/null
            for step in 1 2; do
              for who in docker brig; do
                $who pull $R/brig/two:1 | grep -v ': Verifying Checksum' | sort >$who-out
              done
              diff docker-out brig-out || differ=1
            done >&2
            same "$(docker images -q)" "$(brig images -q)"
            exit $differ
            """)
    }
}
