import Foundation
import TestSupport
import Testing

/// `kill -9` at random moments of all that changes the store of images.
@Suite(
    "Images and kill -9",
    .enabled(if: ImagePlace.isReady && TestImages.objection == nil, "needs root, the built executables and images"))
struct ImageCrashTests {
    /// How often each command is killed: a few times in `make test`, `KILLS` times where that is said.
    private static let kills = ProcessInfo.processInfo.environment["KILLS"].flatMap { Int($0) } ?? 3

    @Test(
        "nothing is wrong afterwards, the next try succeeds, and takes what was there",
        arguments: ["pull", "load", "unpack", "rmi"])
    func kills(command: String) throws {
        let registry = try TestRegistry()
        try ImagePlace().check(
            """
            image=\(registry.address)/library/redis:alpine
            seed=$RANDOM; RANDOM=$seed
            trap 'echo "seed $seed, kill $i after $moment s" >&2' ERR
            trap '[ $? = 0 ] || echo "seed $seed, kill $i after $moment s" >&2' EXIT
            i=0 moment=0
            brig pull -q $image >/dev/null
            id=$(id_of $image)
            brig save -o image.tar $image
            case \(command) in
              pull) ready() { ! id_of $image >/dev/null 2>&1 || brig rmi $image >/dev/null; }; what="pull -q $image" ;;
              load) ready() { ! id_of $image >/dev/null 2>&1 || brig rmi $image >/dev/null; }; what="load -q -i image.tar" ;;
              unpack)
                ready() { id_of $image >/dev/null 2>&1 || brig load -q -i image.tar; rm -rf root/layers/[0-9a-f]*; }
                what="system check --repair" ;;
              rmi) ready() { brig load -q -i image.tar; }; what="rmi $image" ;;
            esac
            there() {
              find root/blobs/sha256 root/blobs/sha512 -type f -printf '%i %p\\n'
              find root/layers -maxdepth 1 -name '[0-9a-f]*' -printf '%i %p\\n'
            }
            ready
            start=$(date +%s%N)
            brig $what >/dev/null
            took=$((($(date +%s%N) - start) / 1000))
            for i in $(seq \(Self.kills)); do
              ready
              moment=$(awk "BEGIN { printf \\"%.6f\\", $took * $RANDOM / 32768 * 1.1 / 1000000 }")
              begin $what
              sleep $moment
              kill -9 $pid 2>/dev/null || :
              wait $pid 2>/dev/null || :
              there | sort >before
              [ \(command) = unpack ] || sound
              case \(command) in
                pull | load)
                  brig $what >/dev/null
                  there | sort >after
                  same "$(comm -23 before after)" "" ;;
                unpack)
                  brig $what >/dev/null
                  there | sort >after
                  same "$(comm -23 before after)" "" ;;
                rmi) ! id_of $image >/dev/null 2>&1 || brig $what >/dev/null ;;
              esac
              sound
              if [ \(command) = rmi ]; then
                same "$(brig system check)" "checked 0 images, 0 layers, 0 blobs"
                same "$(there)" ""
                same "$(ls -A root/layers | sort | xargs) $(ls -A root/blobs/partial)" ".empty .locks "
              else
                same "$(id_of $image)" "$id"
                [ \(command) = unpack ] || [ $((i % 4)) != 0 ] || same "$(brig run --rm --network none $image echo ran)" ran
              fi
            done
            """, timeout: .seconds(900 + 60 * Self.kills))
    }
}
