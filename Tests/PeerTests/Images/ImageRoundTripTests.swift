import Foundation
import TestSupport
import Testing

/// Images go to programs that other people wrote and come back, with equal digests and equal files.
@Suite("Images and peers", .serialized, .enabled(if: ImagePlace.isReady, ImagePlace.needs))
struct ImageRoundTripTests {
    @Test(
        "umoci: an image of all that a layer can hold becomes the same tree, and comes back with its digest",
        .enabled(if: Machine.has("umoci", "skopeo", "jq", "setcap", "setfattr"), "needs umoci, skopeo and jq"))
    func umoci() throws {
        try ImagePlace().check(
            """
            "$TOOLS/make-layout" .
            brig load -q -i layout
            image=$(brig images -q --no-trunc)
            same "$image" "$(config_of layout)"
            brig run --network none --name tree "$image" /bin/true
            mkdir tree
            brig export tree | tar -C tree -xp --xattrs --xattrs-include='*' --numeric-owner 2>/dev/null
            "$TOOLS/list-tree" bundle/rootfs | sort >theirs
            "$TOOLS/list-tree" tree | sort | grep -v "^b'.dockerenv'" >ours
            diff theirs ours >&2
            [ "$(wc -l <ours)" -ge 50 ]
            brig tag "$image" all:1
            brig save -o saved.tar all:1
            same "$(manifest_in saved.tar)" "$(manifest_of layout)"
            skopeo copy -q oci-archive:saved.tar oci:back:all
            same "$(manifest_of back)" "$(manifest_of layout)"
            umoci unpack --image back:all again >/dev/null
            "$TOOLS/list-tree" again/rootfs | sort | diff theirs - >&2
            brig rm tree >/dev/null
            brig rmi all:1 >/dev/null
            sound
            """)
    }

    @Test(
        "GNU tar: import and export keep access control lists, parts of a second, holes and numbers beyond 2 M",
        .enabled(if: Machine.has("setfacl", "setcap"), "needs acl and libcap2-bin"))
    func gnuTar() throws {
        try ImagePlace().check(
            """
            mkdir -p tree/bin tree/etc tree/dev tree/proc tree/sys tree/d tree/e
            cp /bin/busybox tree/bin/true
            touch tree/etc/hosts tree/etc/hostname tree/etc/resolv.conf
            cd tree
            echo x >d/list; setfacl -m u:77777:rw,g:77778:r d/list; setfacl -d -m u:77777:rwx d; setfattr -n user.k -v v d/list
            touch -d '2001-02-03 04:05:06.789012345Z' d/list
            truncate -s 100M d/holes; echo middle | dd of=d/holes bs=1 seek=50M conv=notrunc status=none
            echo y >d/owned; chown 3000000000:4000000000 d/owned; ln d/owned e/owned; cp bin/true e/ping
            setcap cap_net_raw+p e/ping; mkfifo e/fifo; mknod e/null c 1 3; mknod e/loop b 7 300
            touch -d '2000-01-01 00:00:00.000000001Z' d e
            cd ..
            for format in "--format=pax --xattrs --xattrs-include=* --acls --sparse" "--format=gnu --sparse"; do
              tar -C tree $format --numeric-owner -cf in.tar .
              brig import in.tar tree:1 >/dev/null
              brig run --network none --name tree tree:1 /bin/true
              mkdir out
              brig export tree | tar -C out -xp --xattrs --xattrs-include='*' --acls --numeric-owner
              mkdir want
              tar -C want -xpf in.tar --xattrs --xattrs-include='*' --acls --numeric-owner
              "$TOOLS/list-tree" want | sort >wanted
              "$TOOLS/list-tree" out | sort | grep -v "^b'.dockerenv'" | diff wanted - >&2
              brig rm tree >/dev/null
              rm -r out want
            done
            """)
    }

    @Test(
        "docker-registry and skopeo: OCI and Docker manifests, pushed and pulled",
        .enabled(if: TestImages.objection == nil && Machine.has("umoci", "skopeo", "jq"), "needs skopeo and images"))
    func registry() throws {
        let registry = try TestRegistry(hasImages: false)
        try ImagePlace().check(
            """
            R=\(registry.address)
            "$TOOLS/make-layout" .
            # One store for each: the two manifests have the same config, so they are one image.
            for format in oci v2s2; do
              STORE=$format
              skopeo copy -q --format $format --dest-tls-verify=false oci:layout:all docker://$R/skopeo/$format:1
              digest=$(skopeo inspect --tls-verify=false docker://$R/skopeo/$format:1 | jq -r .Digest)
              brig pull -q $R/skopeo/$format:1 >/dev/null
              same "$(brig image inspect -f '{{index .RepoDigests 0}}' $R/skopeo/$format:1)" "$R/skopeo/$format@$digest"
              brig tag $R/skopeo/$format:1 $R/brig/$format:2
              brig push -q $R/brig/$format:2 >/dev/null
              same "$(skopeo inspect --tls-verify=false docker://$R/brig/$format:2 | jq -r .Digest)" "$digest"
              skopeo copy -q --src-tls-verify=false docker://$R/brig/$format:2 dir:back-$format
              STORE=second-$format brig pull -q $R/brig/$format@$digest >/dev/null
              same "$(STORE=second-$format brig images -q --no-trunc)" "$(id_of $R/skopeo/$format:1)"
              # A second push sends nothing.
              brig push $R/brig/$format:2 | grep -q 'Layer already exists'
              sound
              same "$(jq -r .config.digest back-$format/manifest.json)" "$(id_of $R/skopeo/$format:1)"
            done
            """)
    }

    @Test(
        "podman: save and load in both forms, push and pull",
        .enabled(if: TestImages.objection == nil && Machine.has("umoci", "podman"), "needs umoci, podman and images"))
    func podman() throws {
        let registry = try TestRegistry(hasImages: false)
        try ImagePlace().check(
            """
            R=\(registry.address)
            # Podman does not take a whiteout below a file, which umoci writes.
            KEEPS_TYPES=1 "$TOOLS/make-layout" .
            brig load -q -i layout
            brig tag $(brig images -q) localhost/all:1
            id=$(id_of localhost/all:1)
            brig save localhost/all:1 | podman load -q >/dev/null
            same "sha256:$(podman image inspect -f '{{.Id}}' localhost/all:1)" "$id"
            for format in docker-archive oci-archive; do
              podman save -q --format $format -o $format.tar localhost/all:1
              STORE=$format brig load -q -i $format.tar
              same "$(STORE=$format brig images -q --no-trunc)" "$id"
              same "$(STORE=$format brig images --format '{{.Repository}}:{{.Tag}}')" localhost/all:1
            done
            podman push -q --tls-verify=false localhost/all:1 $R/podman/all:1
            brig pull -q $R/podman/all:1 >/dev/null
            digest=$(skopeo inspect --tls-verify=false docker://$R/podman/all:1 | jq -r .Digest)
            same "$(brig image inspect -f '{{index .RepoDigests 0}}' $R/podman/all:1)" "$R/podman/all@$digest"
            brig tag localhost/all:1 $R/brig/all:1
            brig push -q $R/brig/all:1 >/dev/null
            podman pull -q --tls-verify=false $R/brig/all:1 >/dev/null
            same "sha256:$(podman image inspect -f '{{.Id}}' $R/brig/all:1)" "$id"
            podman rmi -af >/dev/null
            sound
            """)
    }

    @Test("buildah: what it commits, and back", .enabled(if: Machine.has("buildah", "skopeo", "jq"), "needs buildah"))
    func buildah() throws {
        try ImagePlace().check(
            """
            c=$(buildah from scratch)
            buildah add -q $c /bin/busybox /bin/sh >/dev/null
            echo one >file; buildah add -q $c file /a/one >/dev/null
            buildah config --cmd '["/bin/sh","-c","echo ran"]' --label k=v --annotation note=kept $c
            for format in oci docker; do
              buildah commit -q --format $format $c localhost/$format:1 >/dev/null
              id=$(buildah images --no-trunc --format '{{.ID}}' localhost/$format:1)
              case $format in oci) kind=oci-archive ;; *) kind=docker-archive ;; esac
              buildah push -q localhost/$format:1 $kind:$format.tar:localhost/$format:1
              brig load -q -i $format.tar
              same "$(id_of localhost/$format:1)" "$id"
              same "$(brig run --rm --network none localhost/$format:1)" ran
              brig save -o back.tar localhost/$format:1
              if [ $format = oci ]; then
                same "$(manifest_in back.tar)" "$(manifest_in oci.tar)"
                tar -xOf back.tar blobs/sha256/$(manifest_in back.tar | cut -d: -f2) | grep -q '"note":"kept"'
              fi
              buildah rmi localhost/$format:1 >/dev/null
              buildah pull -q docker-archive:back.tar >/dev/null
              same "$(buildah images --no-trunc --format '{{.ID}}' localhost/$format:1)" "$id"
              rm back.tar
            done
            buildah rm -a >/dev/null
            """)
    }

    @Test(
        "200 layers: mounted, saved, pushed and pulled",
        .enabled(if: TestImages.objection == nil && Machine.has("skopeo", "umoci", "jq"), "needs skopeo and umoci"))
    func manyLayers() throws {
        let registry = try TestRegistry(hasImages: false)
        try ImagePlace().check(
            """
            R=\(registry.address)
            "$TOOLS/make-many" layout 200
            brig load -q -i layout
            brig tag $(brig images -q) $R/many:200
            look='ls / | grep -c "^f"; cat same; ls gone 2>/dev/null | wc -l'
            same "$(brig run --rm --network none $R/many:200 sh -c "$look")" "$(printf '200\\n199\\n0')"
            brig save -o many.tar $R/many:200
            same "$(manifest_in many.tar)" "$(manifest_of layout)"
            brig push -q $R/many:200 >/dev/null
            same "$(skopeo inspect --tls-verify=false docker://$R/many:200 | jq -r .Digest)" "$(manifest_of layout)"
            STORE=second brig pull -q $R/many:200 >/dev/null
            same "$(STORE=second brig run --rm --network none $R/many:200 sh -c "$look")" "$(printf '200\\n199\\n0')"
            skopeo copy -q oci-archive:many.tar oci:back:many
            umoci unpack --image back:many bundle >/dev/null
            same "$(ls bundle/rootfs | grep -c ^f)" 200
            brig rmi $R/many:200 >/dev/null
            sound
            same "$(ls root/blobs/sha256 | wc -l)" 0
            """)
    }

    @Test(
        "an index of two platforms: each is pulled by its name, and both are kept",
        .enabled(if: TestImages.objection == nil && Machine.has("buildah", "skopeo", "jq"), "needs buildah and images"))
    func platforms() throws {
        let registry = try TestRegistry(hasImages: false)
        try ImagePlace().check(
            """
            R=\(registry.address)
            for arch in amd64 arm64; do
              mkdir -p $arch/bin; cp /bin/busybox $arch/bin/; echo $arch >$arch/which
              tar -C $arch -c . | brig import --platform linux/$arch - $R/multi:$arch >/dev/null
              brig push -q $R/multi:$arch >/dev/null
            done
            buildah manifest create list >/dev/null
            for arch in amd64 arm64; do buildah manifest add --tls-verify=false list docker://$R/multi:$arch >/dev/null; done
            buildah manifest push -q --tls-verify=false --all list docker://$R/multi:1
            digest=$(skopeo inspect --raw --tls-verify=false docker://$R/multi:1 | sha256sum | cut -d' ' -f1)
            for arch in amd64 arm64; do
              STORE=$arch brig pull -q --platform linux/$arch $R/multi:1 >/dev/null
              same "$(STORE=$arch brig image inspect -f '{{.Architecture}} {{index .RepoDigests 0}}' $R/multi:1)" \\
                "$arch $R/multi@sha256:$digest"
              same "$(STORE=$arch id_of $R/multi:1)" "$(id_of $R/multi:$arch)"
              STORE=$arch sound
            done
            STORE=second brig pull -q $R/multi:1 >/dev/null
            same "$(STORE=second brig image inspect -f '{{.Architecture}}' $R/multi:1)" amd64
            fails brig pull --platform linux/s390x $R/multi:1
            grep -q 'no image for linux/s390x, only for linux/amd64, linux/arm64' error
            same "$(brig manifest inspect $R/multi:1 | jq -r '.manifests[].platform.architecture' | xargs)" "amd64 arm64"
            same "$(brig manifest inspect -v $R/multi:1 | jq -r '.[].Descriptor.platform.os' | xargs)" "linux linux"
            # The layout with both, as an archive.
            skopeo copy -q --all --src-tls-verify=false docker://$R/multi:1 oci-archive:both.tar:h/multi:1
            STORE=third brig load -q --platform linux/arm64 -i both.tar
            same "$(STORE=third brig image inspect -f '{{.Architecture}}' h/multi:1)" arm64
            buildah rmi -a >/dev/null 2>&1 || :
            """)
    }

    @Test(
        "all tags of a repository, both ways; what is on the disk is told to the byte",
        .enabled(if: TestImages.objection == nil && Machine.has("jq", "curl"), "needs images"))
    func tagsAndUsage() throws {
        let registry = try TestRegistry(hasImages: false)
        try ImagePlace().check(
            """
            R=\(registry.address)
            mkdir -p tree/bin; cp /bin/busybox tree/bin/
            tar -C tree -c . | brig import -c 'CMD ["/bin/busybox", "true"]' - one:1 >/dev/null
            echo more >tree/more
            tar -C tree -c . | brig import - two:1 >/dev/null
            for tag in a b; do brig tag one:1 $R/all:$tag; done
            brig tag two:1 $R/all:c
            brig push -q -a $R/all >/dev/null
            same "$(curl -s http://$R/v2/all/tags/list | jq -c '.tags | sort')" '["a","b","c"]'
            STORE=second brig pull -q --all-tags $R/all >/dev/null
            same "$(STORE=second brig images --format '{{.Tag}}' | sort | xargs)" "a b c"
            same "$(STORE=second id_of $R/all:b) $(STORE=second id_of $R/all:c)" "$(id_of one:1) $(id_of two:1)"
            fails brig pull --all-tags $R/all:a
            fails brig push --all-tags $R/all:a
            STORE=second sound

            # Two images, one of them with a container that has written.
            brig create --name box one:1 >/dev/null
            same "$(brig system df --format '{{.Type}}:{{.TotalCount}}:{{.Active}}' | xargs)" "Images:2:1 Containers:1:0 Local Volumes:0:0 Build Cache:0:0"
            layers=$(brig image tree --format json | jq -s '[.[].Layers[]] | unique_by(.ChainID) | map(.Size) | add')
            size=$(brig system df --format '{{.Size}}' | head -1)
            brig system df -v >usage
            same "$(grep -Ec '^(Images|Containers|Local Volumes) space usage:$' usage)" 3
            grep -Eq '/all .* 1$' usage && grep -Eq ' one:1 .* Created +box$' usage || { cat usage >&2; exit 97; }
            awk -v bytes=$layers -v shown=$size 'BEGIN { sub(/MB/, "", shown); d = bytes / 1e6 - shown; exit !(d < 0.06 && d > -0.06) }' ||
              { echo "$size for $layers" >&2; exit 96; }
            brig rm box >/dev/null
            brig rmi -f one:1 two:1 $R/all:a $R/all:b $R/all:c >/dev/null
            same "$(brig system df --format '{{.Type}}:{{.TotalCount}}:{{.Size}}' | head -1)" "Images:0:0B"
            """)
    }
}
