import ArgumentParser

struct ComposeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compose", abstract: "Several containers from one file.",
        usage: "brig compose [-f FILE]… [-p NAME] [--profile NAME]… COMMAND …",
        discussion: """
            Before the command: -f FILE (COMPOSE_FILE), several of which are merged, - is standard input; \
            -p NAME (COMPOSE_PROJECT_NAME); --project-directory DIR; --env-file FILE (.env unless said otherwise); \
            --profile NAME (COMPOSE_PROFILES); --progress auto|plain|json|quiet (COMPOSE_PROGRESS); --ansi \
            auto|never|always (COMPOSE_ANSI); --parallel N (COMPOSE_PARALLEL_LIMIT); --compatibility for names with _; \
            --all-resources; --dry-run, which says what would be done and does nothing. Without -f it is compose.yaml, compose.yml, \
            docker-compose.yml or docker-compose.yaml of this directory or the next one above that has one.
            """,
        subcommands: [
            ComposeUpCommand.self, ComposeDownCommand.self, ComposePsCommand.self, ComposeLogsCommand.self,
            ComposeExecCommand.self, ComposeRunCommand.self, ComposeBuildCommand.self, ComposePullCommand.self,
            ComposePushCommand.self, ComposeConfigCommand.self, ComposeCreateCommand.self, ComposeStartCommand.self,
            ComposeStopCommand.self, ComposeRestartCommand.self, ComposeKillCommand.self, ComposeRmCommand.self,
            ComposePauseCommand.self, ComposeUnpauseCommand.self, ComposeScaleCommand.self, ComposeWaitCommand.self,
            ComposeWatchCommand.self, ComposeTopCommand.self, ComposePortCommand.self, ComposeImagesCommand.self,
            ComposeEventsCommand.self, ComposeCpCommand.self, ComposeAttachCommand.self, ComposeStatsCommand.self,
            ComposeListCommand.self, ComposeVolumesCommand.self, ComposeExportCommand.self, ComposeCommitCommand.self,
            ComposeVersionCommand.self,
        ])
}
