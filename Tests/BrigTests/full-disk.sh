#!/bin/bash
# What brig does when the disk with its root is full, and when that is read-only. Run in a mount and a network namespace of its
# own. Prints one line for each fact. Arguments: a directory, brig with its options on roots in it: `root` and `run`.
place=$1; shift; brig=("$@")
[ "$(ip -o link | wc -l)" = 1 ] || { echo "not a network namespace of its own"; exit 1; }
mount --make-rprivate /
ip link set lo up
mkdir -p $place/root $place/out
mount -t tmpfs -o size=24m,mode=700 brig-small $place/root
brig() { "${brig[@]}" "$@"; }
finish() { kill $registry; rm -f $place/root/filler; mount -o remount,bind,rw $place/root 2>/dev/null; brig rm -f $(brig ps -aq) >/dev/null 2>&1; }
trap finish EXIT
# Takes all there is, in whole pages and then in bytes.
fill() { dd if=/dev/zero of=$place/root/filler bs=4096 oflag=append conv=notrunc 2>/dev/null; }
# NAME COMMAND…: the code, how many lines it says as errors, and whether they give the disk as the reason.
try() {
    name=$1; shift
    brig "$@" >$place/out/out 2>$place/out/err </dev/null; code=$?
    reason=$(grep -o -e 'no space left on device' -e 'read-only file system' $place/out/err | head -1)
    lines=$(wc -l <$place/out/err)
    echo "$name: $code$([ $lines = 0 ] || echo ", $lines line")${reason:+, $reason}"
}
state() { brig inspect -f '{{.State.Status}}' $1; }
# Everything that the store knows of, and everything that there is without it, but for what the next pull may go on with.
inventory() {
    brig ps -aq --no-trunc | sort; brig images -q --no-trunc | sort; brig volume ls -q; brig network ls --format '{{.Name}}'
    ls $place/root/containers $place/root/volumes $place/root/layers 2>/dev/null
    ls -A $place/root | grep -v -e filler -e '^builds$'; find $place/root/blobs $place/root/builds -mindepth 1 2>/dev/null | grep -v /blobs/partial/sha | sort
    ls -A $place/run | grep -v -e '^runtime$' -e '^network.lock$' -e '^names' -e '^builds$'; ls $place/run/runtime | grep -v '^@'
    ip -o link | awk -F': ' '{ print $2 }'
}
until_it() { for _ in $(seq 1200); do "$@" && return; sleep 0.1; done; echo "it never happened: $*"; }

brig import -c 'CMD ["sh"]' $place/image.tar.gz box >/dev/null
# An image that is larger than the room that is left later, made in another store: as an archive, and in a registry.
mkdir -p $place/context/tree
head -c 3145728 /dev/urandom >$place/context/tree/big
cp /bin/busybox $place/context/tree/; cp $place/context/tree/big $place/context/
printf 'FROM box\nCOPY big /big\n' >$place/context/Dockerfile
tar -C $place/context/tree -cf $place/tree.tar .
other() { "${brig[0]}" --root $place/other-root --run-root $place/other-run "$@"; }
other import $place/tree.tar large >/dev/null
other save -o $place/large.tar large
mkdir $place/layout; tar -C $place/layout -xf $place/large.tar
cat >$place/registry.py <<'END'
import http.server, json, sys
layout = sys.argv[1]
manifest = json.load(open(layout + "/index.json"))["manifests"][0]
class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self, body=True):
        name = self.path.rsplit("/", 1)[1]
        digest = manifest["digest"] if name == "latest" else name
        if "manifests" not in self.path and "blobs" not in self.path: data, kind = b"{}", "application/json"
        else:
            data = open(layout + "/blobs/" + digest.replace(":", "/"), "rb").read()
            kind = manifest["mediaType"] if digest == manifest["digest"] else "application/octet-stream"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if digest.startswith("sha256:"): self.send_header("Docker-Content-Digest", digest)
        self.end_headers()
        if body: self.wfile.write(data)
    def do_HEAD(self): self.do_GET(False)
    def log_message(self, *words): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 5000), Registry)
print("ready", flush=True)
server.serve_forever()
END
python3 $place/registry.py $place/layout >$place/ready 2>/dev/null & registry=$!
brig network create one >/dev/null
brig volume create kept >/dev/null
brig run --name done --network none box true
brig run -d --name web --network one -v data:/data box sh -c \
    'i=0; while :; do i=$((i+1)); echo "line $i 0123456789012345678901234567890123456789"; echo $i >/dev/shm/count; busybox usleep 20000; done' >/dev/null
brig run -d --name end --network none box sh -c 'while [ ! -e /dev/shm/stop ]; do busybox usleep 20000; done; exit 7' >/dev/null
# It is empty while it is written anew.
count() { local number; number=$(brig exec web cat /dev/shm/count 2>/dev/null); echo "${number:-0}"; }
until_it sh -c "[ \"\$(${brig[*]} logs web | wc -l)\" -ge 3 ]"
until_it grep -q ready $place/ready
brig system repair >/dev/null
inventory >$place/out/before

echo "-- full"
fill
# The room that the log has in its last page is soon gone.
grown() { fill; [ "$(count)" -gt "$1" ]; }
until_it grown $(($(count) + 50))
for command in "create box" "run --rm box true" "run -d --network one -p 8080:80 box sleep 1000" "volume create more" \
    "network create two" "import $place/image.tar.gz other" "tag box other" "commit web copy" "rename web other" \
    "cp $place/image.tar.gz web:/tmp/"; do
    fill
    try "$command" $command
done | sed "s|$place/||"
try "cp web: " cp web:/bin/busybox $place/root/copy; rm -f $place/root/copy; fill
try ps ps -a; try images images; try inspect inspect web; try logs logs --tail 1 web; try exec exec web true; try df system df
inventory >$place/out/after
echo "half made: $(diff $place/out/before $place/out/after | grep '^[<>]' | xargs)"

echo "-- a little room"
# As much as it takes to begin.
for command in "load -q -i $place/large.tar" "pull -q localhost:5000/large" "import $place/tree.tar other" \
    "build -q -t built $place/context" "volume import fresh $place/tree.tar" "cp $place/context/big end:/big" \
    "cp $place/context/tree end:/tree"; do
    fill; truncate -s -1500K $place/root/filler
    try "$command" $command
done | sed "s|$place/||g"
brig exec end sh -c 'echo "in the container: $(ls -d /big /tree /tree/big 2>/dev/null)"'
fill; truncate -s -3600K $place/root/filler
brig cp $place/context/big end:/big 2>&1 && echo "big is copied"; fill; truncate -s -1500K $place/root/filler
try "commit end copy" commit end copy
fill; brig exec end busybox rm /big
inventory >$place/out/after
echo "half made: $(diff $place/out/before $place/out/after | grep '^[<>]' | xargs)"
fill
before=$(count)
more() { [ "$(count)" -gt $before ]; }
until_it more
echo "web goes on: $(state web)"
# What ends and frees works also now.
fill; try pause pause web; try unpause unpause web
brig exec end touch /dev/shm/stop
try wait wait end; echo "end: $(cat $place/out/out)"
fill; try "stop" stop -t 0 web
echo "web: $(state web), done: $(state done), end: $(brig inspect -f '{{.State.Status}} {{.State.ExitCode}}' end)"
fill; try "rm" rm done
fill; try "volume rm" volume rm kept
fill; try "network prune" network prune -f
fill; try "rm -f" rm -f end
fill; try "image prune" image prune -f

echo "-- room again"
rm $place/root/filler
try start start web
until_it sh -c "${brig[*]} logs web 2>&1 | grep -q 'bytes of output are missing here'"
echo "the log says what is missing: $(brig logs web 2>&1 | grep -m 1 -o 'bytes of output are missing here: no space left on device')"
try run run --rm box true
try repair system repair; cat $place/out/out

echo "-- read-only"
mount --bind $place/root $place/root
mount -o remount,bind,ro $place/root
for command in "ps -a" images "inspect web" "logs --tail 1 web" "volume ls" "network ls" "system df" info "events --since 1h --until 0s" \
    "exec web true" "top web" "port web" "diff web" "create box" "run --rm box true" "volume create more" "network create two" \
    "import $place/image.tar.gz other" "rename web other" "stop -t 0 web" "rm -f web" "system repair"; do
    try "$command" $command
done | sed "s|$place/||"
umount $place/root
echo "-- writable again"
echo "web: $(state web)"
try "rm -f" rm -f web
try run run --rm box true
try repair system repair; cat $place/out/out
try "rm network" network rm one 
echo "left: $(ls $place/root/containers; ls -A $place/run | grep -v -e '^runtime$' -e '^network.lock$' -e '^names' -e '^builds$'; ls $place/run/runtime | grep -v '^@')"
