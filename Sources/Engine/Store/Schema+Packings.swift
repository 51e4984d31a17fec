extension Schema {
    /// An image is its config, and one config may be in several manifests, such as one with layers in gzip and one with
    /// layers in zstd: each is a packing of the image, with blobs of its own, and each name leads to one.
    static let packings = """
        CREATE TABLE image_blobs_of_packings (
            image_id TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
            packing INTEGER NOT NULL,
            role TEXT NOT NULL,
            position INTEGER NOT NULL,
            digest TEXT NOT NULL REFERENCES blobs,
            media_type TEXT NOT NULL,
            PRIMARY KEY (image_id, packing, role, position)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO image_blobs_of_packings SELECT image_id, 0, role, position, digest, media_type FROM image_blobs;
        DROP TABLE image_blobs;
        ALTER TABLE image_blobs_of_packings RENAME TO image_blobs;
        CREATE INDEX image_blobs_by_blob ON image_blobs (digest);
        ALTER TABLE tags ADD COLUMN packing INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE repo_digests ADD COLUMN packing INTEGER NOT NULL DEFAULT 0;
        """
}
