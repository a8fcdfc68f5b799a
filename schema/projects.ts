const WSL_SHARE = /^\/\/(?:wsl\.localhost|wsl\$)\/[^/]+/i;
/** Folders that tools use for the worktrees of a repository: Claude Code below it, VS Code and others beside it. */
const WORKTREE = /(?:\/\.claude\/worktrees|\/\.worktrees|\.worktrees)\/[^/]+(?=\/|$)/;
/** Cursor's folder for them: outside the repository, by its name. */
const NAMED_WORKTREE = /(\/\.cursor\/worktrees\/[^/]+)\/[^/]+(?=\/|$)/;

/**
 * The canonical folder of a path: Windows and WSL have two names for one drive, and a worktree belongs to its
 * repository. Any other path is returned as is, without a trailing slash.
 */
export function projectOf(path: string): string {
  let folder = path
    .trim()
    .replace(/^file:\/\/(?:localhost)?(?:\/(?=[A-Za-z]:))?/, "")
    .replace(/^\\\\\?\\/, "");
  if (/^[A-Za-z]:(?:[\\/]|$)|^\\\\/.test(folder)) folder = folder.replaceAll("\\", "/");
  folder = folder.replace(WSL_SHARE, "");
  folder = onDrive(folder) ?? folder;
  folder = folder
    .replace(/(?<!^)\/{2,}/g, "/")
    .replace(WORKTREE, "")
    .replace(NAMED_WORKTREE, "$1");
  return folder.replace(/(?<=.)\/+$/, "");
}

/** `/mnt/c/…`, `/cygdrive/c/…` and `c:\…` are one drive; `/c/Users/…` is Git Bash's name of it. */
function onDrive(folder: string): string | undefined {
  const [, letter, rest = ""] =
    /^([A-Za-z]):(\/.*)?$/.exec(folder) ??
    /^\/(?:mnt|cygdrive)\/([A-Za-z])(\/.*)?$/.exec(folder) ??
    /^\/([A-Za-z])(\/Users\/.*)$/i.exec(folder) ??
    [];
  return letter === undefined ? undefined : `${letter.toUpperCase()}:${rest}`;
}

/** Its last part, as the display name. */
export function projectName(path: string): string {
  const folder = projectOf(path);
  return folder.split("/").filter(Boolean).at(-1) ?? folder;
}

/** Whether a path, or the end of one, names a project; case-insensitive. */
export function isProject(path: string, query: string): boolean {
  const wanted = projectOf(query).toLowerCase();
  return [projectOf(path), path].some((folder) => {
    const known = folder.toLowerCase();
    return known === wanted || known === query.toLowerCase() || known.endsWith(`/${wanted}`);
  });
}
