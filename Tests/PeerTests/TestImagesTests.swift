import Foundation
import Testing

import TestSupport

/// The images that other tests use, seen by a peer.
@Suite("test images", .enabled(if: TestImages.objection == nil, "no test images: make images"))
struct TestImagesTests {
    @Test(
        "each archive is what its name says",
        arguments: ["busybox", "debian:12", "redis:alpine", "nginx", "httpd", "fish"])
    func archives(name: String) throws {
        let tag = name.contains(":") ? String(name.split(separator: ":")[1]) : "latest"
        let seen = try run(
            ["/usr/bin/skopeo", "inspect", "--config", "oci-archive:\(try TestImages.archive(name)):\(tag)"], in: "/tmp"
        )
        #expect(seen.code == 0, "\(seen.summary)")
        #expect(seen.output.contains(#""os": "linux""#))
        #expect(seen.output.contains(#""Cmd""#))
    }

    @Test("a registry serves them, and ends")
    func registry() throws {
        let storage: String
        do {
            let registry = try TestRegistry()
            storage = registry.storage
            let seen = try run(
                [
                    "/usr/bin/skopeo", "inspect", "--tls-verify=false",
                    "docker://\(registry.address)/library/redis:alpine",
                ],
                in: "/tmp")
            #expect(seen.code == 0, "\(seen.summary)")
            #expect(seen.output.contains("REDIS_VERSION"))
        }
        #expect(!FileManager.default.fileExists(atPath: storage))
    }
}
