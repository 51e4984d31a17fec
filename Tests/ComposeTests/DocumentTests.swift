import ComposeFile
import Engine
import OCISpec
import Testing

@testable import Compose

@Suite("From a service to the engine's request")
struct DocumentTests {
    private func project(_ body: String, rest: String = "") throws -> Project {
        let text = "services:\n  w:\n    image: i\n" + body.split(separator: "\n").map { "    \($0)\n" }.joined() + rest
        var source = ComposeSource(workingDirectory: "/p") { (path: String) throws(ComposeFileError) -> [UInt8]? in
            path == "/p/c.yaml" ? Array(text.utf8) : nil
        }
        source.files = ["c.yaml"]
        return try source.project()
    }

    private func request(_ body: String, rest: String = "") throws -> ContainerRequest {
        let project = try project(body, rest: rest)
        var document = ServiceDocument(
            project, try #require(project.services["w"]), image: "i", filesDirectory: "/files",
            containerOf: { $0 == "db" ? "0123" : nil })
        return try document.request(name: "p-w-1", labels: [Label.number: "1"])
    }

    @Test("fields arrive where Docker has them")
    func fields() throws {
        let request = try request(
            """
            command: [a, b]
            entrypoint: []
            environment: {B: 2, A: 1}
            user: "1:2"
            working_dir: /w
            hostname: h
            labels: {l: v}
            stop_signal: INT
            stop_grace_period: 1500ms
            tty: true
            network_mode: none
            cap_add: [NET_ADMIN]
            read_only: true
            mem_limit: 64m
            cpus: 0.5
            pids_limit: 10
            shm_size: 1m
            ulimits: {nofile: {soft: 1, hard: 2}}
            tmpfs: ["/t:size=1m"]
            volumes: ["/a:/b:ro", "./c:/d"]
            security_opt: ["no-new-privileges:true", "seccomp=./s.json"]
            oom_score_adj: 5
            """)
        #expect(request.name?.text == "p-w-1")
        #expect(request.configuration.cmd == ["a", "b"] && request.configuration.entrypoint == [""])
        #expect(request.configuration.env == ["A=1", "B=2"] && request.configuration.user == "1:2")
        #expect(request.configuration.labels == ["l": "v", Label.number: "1"])
        #expect(request.configuration.stopSignal == "INT" && request.configuration.stopTimeout == 2)
        #expect(request.configuration.tty && request.host.readonlyRootfs && request.host.networkMode == "none")
        #expect(request.host.binds == ["/a:/b:ro", "/p/c:/d"])
        #expect(
            request.host.memory == 67_108_864 && request.host.nanoCpus == 500_000_000 && request.host.pidsLimit == 10)
        #expect(request.host.tmpfs == ["/t": "size=1m"] && request.host.capAdd == ["NET_ADMIN"])
        #expect(request.host.securityOpt == ["no-new-privileges:true", "seccomp=/p/s.json"])
        #expect(request.host.oomScoreAdj == 5 && request.host.shmSize == 1 << 20)
    }

    @Test("configs and secrets are read-only files")
    func grants() throws {
        let request = try request(
            "configs: [c, {source: c, target: /etc/c}]\nsecrets: [{source: s, target: t}, {source: v, mode: 0400}]\nnetwork_mode: none",
            rest: "configs: {c: {file: ./c.conf}}\nsecrets: {s: {file: /s.txt}, v: {content: x}}\n")
        #expect(request.host.binds[0] == "/p/c.conf:/c:ro" || request.host.binds[0] == "/p/c.conf:/etc/c:ro")
        #expect(request.host.binds.contains("/s.txt:/run/secrets/t:ro"))
        #expect(request.host.binds.contains { $0.hasPrefix("/files/secrets-") && $0.hasSuffix(":/run/secrets/v:ro") })
    }

    @Test("mounts that the short form cannot say, and limits of disks")
    func longMounts() throws {
        let request = try request(
            """
            network_mode: none
            volumes:
              - {type: bind, source: /a, target: /a}
              - {type: bind, source: /b, target: /b, bind: {create_host_path: false}}
              - {type: bind, source: /c, target: /c, read_only: true, bind: {recursive: writable}}
              - {type: bind, source: /d, target: /d, bind: {recursive: disabled}}
              - {type: image, source: tools, target: /tools, image: {subpath: bin}}
              - {type: volume, target: /e, read_only: true}
              - {type: volume, source: v, target: /f, volume: {labels: {l: x}, nocopy: true}}
            blkio_config:
              weight: 300
              weight_device: [{path: /dev/sda, weight: 400}]
              device_read_bps: [{path: /dev/sda, rate: 12mb}]
              device_write_iops: [{path: /dev/sdb, rate: 30}]
            """, rest: "volumes: {v: }\n")
        #expect(request.host.binds == ["/a:/a"])
        let mounts = request.host.mounts
        #expect(mounts.map(\.target) == ["/b", "/c", "/d", "/tools", "/e", "/f"])
        #expect(mounts[0].bind?.createMountpoint == false && mounts[1].bind?.createMountpoint == true)
        #expect(mounts[1].bind?.readOnlyNonRecursive == true && mounts[1].readOnly)
        #expect(mounts[2].bind?.nonRecursive == true && mounts[2].bind?.readOnlyForceRecursive == false)
        #expect(mounts[3].type == .image && mounts[3].source == "tools" && mounts[3].image?.subpath == "bin")
        #expect(mounts[4].readOnly && mounts[4].source.isEmpty && mounts[4].type == .volume)
        #expect(mounts[5].volume?.labels == ["l": "x"] && mounts[5].volume?.noCopy == true && mounts[5].source == "p_v")
        #expect(request.host.blkioWeight == 300 && request.host.blkioWeightDevice.map(\.weight) == [400])
        #expect(request.host.blkioDeviceReadBps.map(\.rate) == [12 << 20])
        #expect(request.host.blkioDeviceWriteIOps.map(\.path) == ["/dev/sdb"])
    }

    @Test("namespaces of another service are those of its container")
    func joined() throws {
        #expect(
            throws: EngineError(.conflict, "service w: network_mode needs a container of x, and there is none")
        ) { try request("network_mode: 'service:x'", rest: "  x: {image: i}\n") }
    }

    @Test(
        "what Brig does not have is said by the field's name",
        arguments: ["gpus: all", "provider: {type: x}", "storage_opt: {size: 1g}"])
    func unsupported(field: String) throws {
        do {
            _ = try request(field + "\nnetwork_mode: none")
            Issue.record("\(field) was taken")
        } catch let error as EngineError {
            #expect(error.kind == .unsupported && error.message.contains(field.prefix { $0 != ":" }))
        }
    }
}
