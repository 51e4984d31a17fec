import Foundation
import TestSupport
import Testing

/// One config under several manifests, and layers that are packed on their way to a registry.
@Suite(
    "Images and their manifests", .serialized,
    .enabled(
        if: ImagePlace.isReady && TestImages.objection == nil && Machine.has("umoci", "skopeo", "jq", "curl"),
        "needs umoci, skopeo, curl and images"))
struct ImagePackingTests {
    private static let words = """
        digest_at() { skopeo inspect --tls-verify=false docker://$1 | jq -r .Digest; }
        # Of the layers of an image in a registry.
        types_at() { skopeo inspect --raw --tls-verify=false docker://$1 | jq -r '[.layers[].mediaType] | unique | join(" ")'; }
        saved() { brig save $1 | tar -xO index.json | jq -r '.manifests[0].digest'; }

        """

    @Test("one config under two manifests: each name keeps its own, in the store, in archives and in registries")
    func twoManifests() throws {
        let registry = try TestRegistry(hasImages: false)
        try ImagePlace().check(
            Self.words + """
                R=\(registry.address)
                "$TOOLS/make-layout" .
                for format in oci v2s2; do
                  skopeo copy -q --format $format --dest-tls-verify=false oci:layout:all docker://$R/$format:1
                  brig pull -q $R/$format:1 >/dev/null
                done
                oci=$(digest_at $R/oci:1) v2s2=$(digest_at $R/v2s2:1)
                [ $oci != $v2s2 ]
                same "$(id_of $R/oci:1)" "$(id_of $R/v2s2:1)"
                same "$(brig images -q | sort -u | wc -l)" 1
                same "$(saved $R/oci:1) $(saved $R/v2s2:1)" "$oci $v2s2"
                same "$(saved $R/oci@$oci) $(saved $R/v2s2@$v2s2)" "$oci $v2s2"
                brig tag $R/v2s2:1 more:1
                same "$(saved more:1)" "$v2s2"
                sound

                # Both in one archive, and from there to another registry.
                brig save -o both.tar $R/oci:1 $R/v2s2:1 more:1
                same "$(tar -xOf both.tar index.json | jq -r '.manifests[].digest' | sort -u | xargs)" "$(printf '%s\\n' $oci $v2s2 | sort | xargs)"
                STORE=second
                brig load -q -i both.tar
                same "$(brig images --format '{{.Repository}}:{{.Tag}}' | sort | xargs)" "$(printf '%s\\n' $R/oci:1 $R/v2s2:1 more:1 | sort | xargs)"
                same "$(saved $R/oci:1) $(saved $R/v2s2:1) $(saved more:1)" "$oci $v2s2 $v2s2"
                for format in oci v2s2; do
                  brig tag $R/$format:1 $R/again/$format:1
                  brig push -q $R/again/$format:1 >/dev/null
                done
                same "$(digest_at $R/again/oci:1) $(digest_at $R/again/v2s2:1)" "$oci $v2s2"
                sound

                # With the last name of a manifest goes what only that one needs.
                STORE=root
                [ -e root/blobs/sha256/${oci#*:} ]
                brig rmi $R/oci:1 >/dev/null
                [ ! -e root/blobs/sha256/${oci#*:} ]
                same "$(saved more:1)" "$v2s2"
                sound
                brig pull -q $R/oci:1 >/dev/null
                same "$(saved $R/oci:1) $(saved more:1)" "$oci $v2s2"
                brig rmi $R/v2s2:1 more:1 >/dev/null
                [ ! -e root/blobs/sha256/${v2s2#*:} ]
                same "$(saved $R/oci:1)" "$oci"
                # A tag that leads elsewhere now.
                skopeo copy -q --src-tls-verify=false --dest-tls-verify=false docker://$R/v2s2:1 docker://$R/oci:1
                brig pull -q $R/oci:1 >/dev/null
                same "$(saved $R/oci:1) $(saved $R/oci@$oci)" "$v2s2 $oci"
                sound
                brig rmi $R/oci:1 >/dev/null
                same "$(brig system check)" "checked 0 images, 0 layers, 0 blobs"
                """)
    }

    @Test("what was made here is packed for a registry: always the same way, and kept so")
    func packsWhatItPushes() throws {
        let registry = try TestRegistry(hasImages: false)
        try ImagePlace().check(
            Self.words + """
                R=\(registry.address)
                gzip=application/vnd.oci.image.layer.v1.tar+gzip
                mkdir -p tree/bin; cp /bin/busybox tree/bin/; ln -s busybox tree/bin/sh; seq 100000 >tree/numbers
                tar -C tree -c . | brig import - one:1 >/dev/null
                brig run --network none --name work one:1 /bin/sh -c 'echo new >/new'
                brig commit work two:1 >/dev/null
                brig rm work >/dev/null
                plain=$(saved two:1)
                brig tag two:1 $R/two:1
                brig push -q $R/two:1 >/dev/null
                packed=$(digest_at $R/two:1)
                same "$(types_at $R/two:1)" $gzip
                [ $plain != $packed ]
                same "$(brig image inspect -f '{{json .RepoDigests}}' two:1)" "[\\"$R/two@$packed\\"]"
                same "$(saved $R/two:1) $(saved two:1)" "$packed $plain"
                brig push $R/two:1 | grep -q 'Layer already exists'
                same "$(digest_at $R/two:1)" "$packed"
                sound
                STORE=second brig pull -q $R/two:1 >/dev/null
                same "$(STORE=second brig run --rm --network none $R/two:1 /bin/sh -c 'cat /new; wc -l </numbers' | xargs)" "new 100000"
                same "$(STORE=second id_of $R/two:1)" "$(id_of two:1)"
                # Under another name; but what came from outside goes as it came.
                brig tag two:1 $R/more:1
                brig push -q $R/more:1 >/dev/null
                same "$(digest_at $R/more:1)" "$packed"
                brig save two:1 | STORE=third brig load -q
                STORE=third
                brig tag two:1 $R/third:1
                brig push -q $R/third:1 >/dev/null
                same "$(digest_at $R/third:1)" "$plain"
                sound
                # Whose layer it lies on is packed already.
                STORE=root
                brig tag one:1 $R/one:1
                brig push $R/one:1 | grep -Eq ': (Mounted|Layer already exists|Pushed)$'
                lowest() { skopeo inspect --raw --tls-verify=false docker://$1 | jq -r .layers[0].digest; }
                same "$(lowest $R/one:1)" "$(lowest $R/two:1)"
                # A push that fails leaves nothing.
                brig tag two:1 127.0.0.1:1/two:1
                rm -rf before after; ls root/blobs/sha256 | sort >before
                fails brig push 127.0.0.1:1/two:1
                ls root/blobs/sha256 | sort | diff before - >&2
                sound
                brig rmi -f $(brig images -q | sort -u) >/dev/null
                same "$(brig system check)" "checked 0 images, 0 layers, 0 blobs"
                """)
    }
}
