#!/bin/sh
# Outlives the supervisor, even one ended by SIGKILL: reads which process groups, containers and temporary directories it has
# ("+ GROUP", "- GROUP", "+docker NAME", "-docker NAME", "+directory PATH") and, when that input ends, ends those still running and
# removes the directories.
trap '' INT TERM HUP
trap 'rm -rf -- "$@"' EXIT
groups=' '
containers=' '
set --
while read -r operation name; do
  case $operation in
    +) groups="$groups$name " ;;
    -) case $groups in *" $name "*) groups="${groups%% "$name" *} ${groups#* "$name" }" ;; esac ;;
    +docker) containers="$containers$name " ;;
    -docker) case $containers in *" $name "*) containers="${containers%% "$name" *} ${containers#* "$name" }" ;; esac ;;
    +directory) set -- "$@" "$name" ;;
  esac
done
for container in $containers; do docker rm --force "$container"; done
for group in $groups; do
  kill -s TERM -- "-$group"
  kill -s CONT -- "-$group"
done
for second in 1 2 3 4 5; do
  alive=
  for group in $groups; do kill -s 0 -- "-$group" && alive=yes; done
  [ "$alive" ] || exit 0
  sleep 1
done
for group in $groups; do kill -s KILL -- "-$group"; done
