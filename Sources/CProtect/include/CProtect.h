#ifndef CPROTECT_H
#define CPROTECT_H

/// Executes the running program anew from a file that nobody can write.
///
/// - Returns: Only on failure, the negative error number; no process may then enter a container.
long cprotect_execute(char *const *argv, char *const *envp);

#endif
