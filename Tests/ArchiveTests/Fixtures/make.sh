#!/bin/sh
# Makes the archives beside this script anew, with GNU tar, bsdtar, Python's tarfile and the packers of the system.
# Needs root (devices, owners, capabilities) and a file system with extended attributes and access control lists.
# The tests compare what Brig reads with what is made here, field by field.
set -eu
out=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cd "$tree"
mkdir -p all/dir all/sub
printf 'hello\n' > all/file
chown 1000:1001 all/file
chmod 4751 all/file
touch -d '2001-02-03 04:05:06.123456789Z' all/file
ln all/file all/sub/hard
ln -s ../file all/sub/link
chmod 1777 all/dir
touch -d '1969-12-31 23:59:58.25Z' all/dir
mkfifo -m 600 all/fifo
mknod -m 620 all/char c 5 1
mknod -m 660 all/block b 259 70000
long=$(printf 'n%.0s' $(seq 120))
mkdir -p "all/$long/$long"
printf 'long\n' > "all/$long/$long/$long"
ln -s "$long/$long/$long" all/longlink
printf 'bytes' > "$(printf 'all/caf\351')"
chown 3000000:4000000000 "$(printf 'all/caf\351')"
: > all/empty
touch -d '2010-01-01Z' all/sub all/fifo all/char all/block all/longlink all/empty all/"$long" all/*/"$long" \
    all/"$long/$long/$long" "$(printf 'all/caf\351')" all
touch -h -d '2010-01-01Z' all/longlink all/sub/link

list() { find all | LC_ALL=C sort; }
list | tar --no-recursion --format=posix --pax-option=delete=atime,delete=ctime,exthdr.name=%d/PaxHeaders/%f \
    -T - -cf "$out/gnu-posix.tar"
list | tar --no-recursion --format=gnu -T - -cf "$out/gnu-gnu.tar"
list | bsdtar --format pax --no-recursion -T - -cf "$out/bsd-pax.tar" 2> bsd-messages || test -s "$out/bsd-pax.tar"
find all -type f -size +0 -name file | tar --format=v7 --numeric-owner -T - -cf "$out/gnu-v7.tar"
mkdir -p "ustar/$(printf 'p%.0s' $(seq 90))"
printf 'u' > "ustar/$(printf 'p%.0s' $(seq 90))/$(printf 'q%.0s' $(seq 60))"
tar --format=ustar --sort=name --mtime=@7 --owner=12 --group=34 --numeric-owner -cf "$out/gnu-ustar.tar" ustar

# Sparse files in every writing: data at 64 KiB and in the middle, 10 MiB + 1 long, a hole at the end; and 9 GiB long.
printf 'first' > start
truncate -s 10485761 sparse
dd if=start of=sparse bs=65536 seek=1 conv=notrunc status=none
dd if=start of=sparse bs=1M seek=5 conv=notrunc status=none
touch -d '2010-01-01Z' sparse
tar --format=gnu -S -cf "$out/sparse-gnu.tar" sparse
for version in 0.0 0.1 1.0; do
    tar --format=posix --pax-option=delete=atime,delete=ctime --sparse-version=$version -S \
        -cf "$out/sparse-$version.tar" sparse
done
bsdtar --format pax -cf "$out/sparse-bsd.tar" sparse
truncate -s 9663676416 huge
tar --format=gnu -S --mtime=@7 -cf "$out/sparse-huge.tar" huge
# More pieces than one header has room for.
for piece in $(seq 40); do dd if=start of=many bs=8192 seek=$((piece * 3)) conv=notrunc status=none; done
tar --format=gnu -S --mtime=@7 -cf "$out/sparse-many.tar" many

mkdir attributes
printf 'a' > attributes/file
setfattr -n user.comment -v 'with = and %' attributes/file
setfattr -n user.empty attributes/file
setcap cap_net_raw,cap_net_admin+ep attributes/file
setfacl -m u:1234:r,g:77:rwx attributes/file
setfacl -d -m u:1234:rwx attributes
touch -d '2010-01-01Z' attributes/file attributes
tar --format=posix --pax-option=delete=atime,delete=ctime --sort=name --xattrs --xattrs-include='*' --acls \
    --numeric-owner -cf "$out/attributes-gnu.tar" attributes
bsdtar --format pax --numeric-owner --xattrs --acls -cf "$out/attributes-bsd.tar" attributes

python3 - "$out" <<'PYTHON'
import io, sys, tarfile
out = sys.argv[1]
def member(name, data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, io.BytesIO(data)
with tarfile.open(f"{out}/python-gnu.tar", "w", format=tarfile.GNU_FORMAT) as tar:
    tar.addfile(*member("binary-numbers", b"x", uid=2**31, gid=2**32 - 2, mtime=-5))
    tar.addfile(*member("n" * 150, b"y" * 513, mtime=2**33 + 1))
with tarfile.open(f"{out}/python-pax.tar", "w", format=tarfile.PAX_FORMAT,
                  pax_headers={"mtime": "11.5", "comment": "for all", "uname": "everybody"}) as tar:
    tar.addfile(*member("plain", b"p", uname=""))
    tar.addfile(*member("n\u00e9" * 80, b"q", pax_headers={"mtime": "-1.25", "SCHILY.xattr.user.x": "y"}))
PYTHON

# The same short text in every packing, whole and in several pieces.
printf 'packed text\n%.0s' $(seq 400) > text
head -c 3000 text > one
tail -c +3001 text > two
gzip -nc text > "$out/text.gz"
{ gzip -nc one; gzip -nc two; } > "$out/pieces.gz"
{ gzip -nc text; head -c 1000 /dev/zero; } > "$out/zeros.gz"
{ gzip -nc text; printf 'garbage'; } > "$out/garbage.gz"
zstd -qc text > "$out/text.zst"
{ zstd -qc one; printf '\120\052\115\030\003\000\000\000abc'; zstd -qc two; } > "$out/pieces.zst"
xz -c text > "$out/text.xz"
{ xz -c one; head -c 8 /dev/zero; xz -c two; } > "$out/pieces.xz"
bzip2 -c text > "$out/text.bz2"
{ bzip2 -c one; bzip2 -c two; } > "$out/pieces.bz2"
for archive in "$out"/*.tar; do gzip -9nf "$archive"; done
