#!/bin/sh
# toil-mesos in one file: this head and, behind it, a compressed archive of Deno and the program.
#
#   start ──► a cache holds all of it? ──yes────────────────────────────► Deno takes our place
#                     └──no──► unpack beside ──► rename into the cache ──────┘
#
# A cache is trusted only if it is ours, no one else can write into it, and no one else can put
# another in its place: what is in it gets executed.
set -u

KEY=@KEY@
ARCHIVE_BYTES=@ARCHIVE_BYTES@
PROGRAM_BYTES=@PROGRAM_BYTES@

# "The command cannot be executed", to a shell.
EXIT_CANNOT_EXECUTE=126

# That of the program for what its user has to change.
EXIT_USAGE=2

NEWLINE='
'

# Calls $1 with one cache after the other, the best first, until it succeeds with one.
with_caches() {
  case ${XDG_CACHE_HOME-} in
    /*) "$1" "$XDG_CACHE_HOME/toil-mesos" && return ;;
  esac
  with_home "$1" "${HOME-}" && return
  # Agents start executors without HOME.
  home=$(password_home)
  [ "$home" != "${HOME-}" ] && with_home "$1" "$home" && return
  case ${TMPDIR-} in
    /*) temporary=$TMPDIR ;;
    *) temporary=/tmp ;;
  esac
  "$1" "$temporary/toil-mesos-$(id -u)"
}

# Under sudo the home directory can be somebody else's: it is left alone.
with_home() {
  case $2 in
    /*) [ -O "$2" ] && "$1" "$2/.cache/toil-mesos" ;;
    *) return 1 ;;
  esac
}

# The home directory that the password database knows; empty: none.
password_home() {
  user=$(id -un 2>/dev/null) || return
  case $user in
    *[!A-Za-z0-9._-]*) ;;
    *) eval "printf %s ~$user" ;;
  esac
}

# Sets $program to what is ready in the cache $1.
find_program() {
  program=$1/$KEY
  [ -x "$program/deno" ] && is_private "$1" && is_whole "$program"
}

is_private() {
  # In a sticky directory only the owner of a file can rename it.
  [ -O "$1" ] && { [ -O "${1%/*}" ] || [ -k "${1%/*}" ]; } || return
  # A directory and no link, where neither group nor others can write.
  case $(list "$1") in
    d????-??-?*) ;;
    *) return 1 ;;
  esac
}

# A machine that lost its power may have kept the names of files and not what was in them.
is_whole() {
  [ "$(cd "$1" && list deno *.js | total_bytes)" = "$PROGRAM_BYTES" ]
}

total_bytes() {
  bytes=0
  while read -r _ _ _ _ size _; do
    bytes=$((bytes + size))
  done
  echo "$bytes"
}

# Mode, links, uid, gid, size in bytes, whatever the user wants ls to print.
list() {
  LC_ALL=C LS_BLOCK_SIZE=1 ls -ldn "$@" 2>/dev/null
}

# Fills the cache $1 and sets $program, or says in one line why not.
unpack() {
  program=$1/$KEY
  reason=$(unpack_into "$1" 2>&1) && return
  reason=${reason#"$NEWLINE"}
  printf 'toil-mesos: Cannot unpack %d MB into %s: %s\n' \
    "$((PROGRAM_BYTES / 1000000))" "$1" "${reason%%"$NEWLINE"*}" >&2
  return 1
}

# Runs in a subshell, which umask and traps do not leave; the first line of its output is what went
# wrong.
unpack_into() {
  umask 077
  mkdir -p "$1" || return
  is_private "$1" || {
    echo "others own it or its parent, or can write to it"
    return 1
  }
  # A signal ends the pipeline, and the shell that reads our output; we still clean up.
  trap : HUP INT PIPE TERM
  # The number can be taken: by a killed process, or by one of another node or container.
  beside=$1/$KEY.$$
  until error=$(mkdir "$beside" 2>&1); do
    [ -d "$beside" ] || {
      echo "$error"
      return 1
    }
    beside=$beside+
  done
  extract "$beside" && mkdir -p "$1/$KEY" &&
    mv -f "$beside"/* "$1/$KEY"
  status=$?
  rm -rf "$beside"
  return $status
}

extract() {
  tail -c "$ARCHIVE_BYTES" "$TOIL_MESOS_PROGRAM" | gzip -dc | tar -xof - -C "$1"
  is_whole "$1" || {
    echo "$TOIL_MESOS_PROGRAM is damaged"
    return 1
  }
  [ -x "$1/deno" ] || {
    echo "no program can be executed there"
    return 1
  }
}

# Deno itself ends with a stack trace there.
directory=$(pwd -P 2>/dev/null)
[ -d "$directory" ] || {
  echo "toil-mesos: Cannot start: the current directory was removed; change to another one" >&2
  exit "$EXIT_USAGE"
}

case $0 in
  /*) TOIL_MESOS_PROGRAM=$0 ;;
  *) TOIL_MESOS_PROGRAM=$PWD/$0 ;;
esac
export TOIL_MESOS_PROGRAM

# Deno raises its own limit of open files; jobs get the one of now.
TOIL_MESOS_OPEN_FILES=$(ulimit -S -n)
export TOIL_MESOS_OPEN_FILES

with_caches find_program || with_caches unpack || exit "$EXIT_CANNOT_EXECUTE"

export DENO_DIR="$program/cache" DENO_NO_UPDATE_CHECK=1
exec "$program/deno" run --quiet --allow-all --no-prompt --no-config --no-lock --no-remote --no-npm \
  "$program/main.js" "$@"
