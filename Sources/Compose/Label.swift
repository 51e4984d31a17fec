/// What Compose writes on what it makes, so that it is found again: Compose v2's names.
package enum Label {
    package static let project = "com.docker.compose.project"
    package static let service = "com.docker.compose.service"
    package static let number = "com.docker.compose.container-number"
    package static let oneOff = "com.docker.compose.oneoff"
    package static let hash = "com.docker.compose.config-hash"
    package static let image = "com.docker.compose.image"
    package static let files = "com.docker.compose.project.config_files"
    package static let directory = "com.docker.compose.project.working_dir"
    package static let dependsOn = "com.docker.compose.depends_on"
    package static let version = "com.docker.compose.version"
    package static let network = "com.docker.compose.network"
    package static let volume = "com.docker.compose.volume"
}
