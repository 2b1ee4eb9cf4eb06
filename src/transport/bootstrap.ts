/**
 * The programs that run on the host's side: POSIX shell, given to `sh -c` as an argument, so that its standard input is
 * ours alone (dash reads ahead when it takes a script from there).
 *
 * Each becomes one line without single quotes, backslashes and exclamation marks, which every login shell (dash, bash, fish,
 * csh) passes on untouched between single quotes. `echo` prints words that hold no backslash, and is thus safe here.
 */

/** Largest output of one exchange, in bytes, on each of its two streams. */
export const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** What the programs need of the host. `flock` is asked for only when the lock is taken. */
const NEEDED_TOOLS = 'timeout dd head mktemp rm';

/**
 * Says hello, which start of the host this is, and whether it has gzip; and answers exchanges until its standard input ends. Arguments: two halves of a
 * nonce, the lock file's path.
 *
 * The start is the kernel's, and that of process 1: a container is started again under the same kernel. What follows the name of
 * process 1 in its line, which may hold blanks, is field 3 and so on: 22 is when it was started (proc_pid_stat(5)).
 *
 * `timeout` of older versions of busybox has no `-k`; where Debian's coreutils are, nobody needs to try that.
 *
 * Request: `ID LIMIT LOCK FROM SIZE...\n`, that many bytes for each size, `ID\n`. Where the first size is `zSIZE`, the files come as
 * one block of that many bytes, compressed by gzip. File 0 is the script, the others its inputs; where
 * LOCK is not `-`, it is the token that takes the lock, and the last file says who that is; from then on scripts find the token in
 * `$PROVISION_HOLDER`, which is the same for all that a process does on the host. `dd` reads exactly as many bytes as
 * it is told (busybox's `head -c` reads ahead).
 * The ID at the end tells a whole request from one that a dying connection cut off: half a script must never run.
 *
 * Answer: the output, `\nID CODE\n`, the error output, `\nID\n`; of an output that is too large, one byte more than it may have. The
 * ID is random and comes by standard input alone: neither a script nor anybody else on the host can know it, and print it.
 * CODE is an exit status, or a word for why the script did not run: `full`, `packed` (it could not be unpacked, for want of gzip or of room for twice its size: nothing of it was used), `nofolder`, `locked` (with the holder as output, and
 * on the last line its step: process, seconds since it began, command line), `flock`, `nolock`.
 *
 * The files of an exchange are in a private run folder, which the first one makes. Folders that killed ones left in /run, where
 * only root writes, are removed then: their names tell whose they were. What an exchange leaves in the folder is removed at once
 * where it had inputs, for they may be secrets, and else before the next one.
 *
 * Output goes to files: a daemon that a script leaves behind may keep them open for ever, where a pipe would keep us waiting.
 * A step may end while it is looked at: an expression without its number would end the shell.
 * The lock's descriptor 9 stays with this shell alone; when the connection dies, `read` ends, the shell with it, and the lock is free.
 * A holder with the token FROM is known to be gone, though sshd may not have noticed: the run's former self, whose connection was
 * lost, or a process that died. It is ended, which waits for a script that is still running.
 * Signals clean up by themselves: one that comes while the shell exits would break off what it does at its end.
 *
 * A quick script (LIMIT is `-`) only reads, and leaves nothing behind: it needs neither folder nor `timeout`, which are most of the
 * processes that a small look would take. It runs in a subshell of ours, which answers by itself, while we wait for the next
 * request: so we see it when the client has enough of it, or has died, and end it with all that it has started.
 */
export const EXCHANGE_LOOP = oneLine(`
  N=$1$2; L=$3; H=; D=; RUN=; QUICK=; umask 077; cd /;
  for t in ${NEEDED_TOOLS}; do command -v $t >/dev/null || { echo "$N lacks $t"; exit 1; }; done;
  end_all() {
    kill -STOP $1; c=; read -r c </proc/$1/task/$1/children; kill -KILL $1;
    for p in $c; do end_all $p; done;
  } 2>/dev/null;
  end_quick() { c=; read -r c </proc/$$/task/$$/children; for p in $c; do end_all $p; done; };
  clean() { trap "" HUP INT TERM PIPE; [ -z "$QUICK" ] || end_quick; [ -z "$RUN" ] || rm -rf "$RUN"; };
  trap clean EXIT; trap "clean; exit 1" HUP INT TERM PIPE;
  hello() {
    b=; s=; { read -r b </proc/sys/kernel/random/boot_id; read -r s </proc/1/stat; } 2>/dev/null;
    set -- \${s##*) }; Z=; command -v gzip >/dev/null && Z=" gzip"; echo "$N hello $b.\${20}$Z";
  };
  hello;
  make_folder() {
    for d in /run /dev/shm /tmp; do RUN=$(mktemp -d $d/provision.$$.XXXXXXXX 2>/dev/null) && break; done;
    [ -d "$RUN" ] || { echo; echo "$ID nofolder"; echo; echo "$ID"; exit 1; };
    export RUN;
    for f in /run/provision.[0-9]*.*; do p=\${f#*.}; kill -0 "\${p%.*}" 2>/dev/null || rm -rf "$f" 2>/dev/null; done;
    T="timeout -k 5"; [ -e /var/lib/dpkg/info/coreutils.list ] || $T 9 true 2>/dev/null || { T=timeout; $T 9 true 2>/dev/null || T="timeout -t"; };
  };
  step_of() {
    c=; read -r c t </proc/$1/task/$1/children; [ "$c" ] && read -r u t </proc/uptime && set -- $(cat /proc/$c/stat) && [ "\${22}" ] &&
    echo $c $((\${u%.*} - \${22} / 100)) $(xargs -0 echo </proc/$c/cmdline);
  };
  take_lock() {
    command -v flock >/dev/null || { C=flock; return; };
    true >>$L || { C=nolock; return; };
    exec 9>>$L;
    if flock -n 9; then true; else
      t=; read -r t p <$L.holder;
      if [ "$t" = $FROM ] && { kill $p 2>/dev/null; $T 3 flock 9; }; then true; else
        exec 9>&-; { cat $L.holder; echo; step_of $p; } >$RUN/out 2>/dev/null; C=locked; return;
      fi;
    fi;
    { echo $LOCK $$; cat $RUN/$((i - 1)); } >$L.holder; H=1; export PROVISION_HOLDER=$LOCK;
  };
  block() { dd bs=\${1#z} count=1 iflag=fullblock 2>/dev/null; };
  keep_files() {
    i=0; F=;
    for s in $SIZES; do
      if [ $s = 0 ]; then true >$RUN/$i; else block $s >$RUN/$i || F=1; fi;
      i=$((i + 1));
    done;
    [ -z "$F" ];
  };
  is_whole() { t=0; for s in $SIZES; do t=$((t + s)); done; [ $t -eq $(wc -c <$RUN/packed) ]; };
  run_quickly() {
    C=;
    case $SIZES in
      z*) S=$(block $SIZES | gzip -dc 2>/dev/null) || C=packed ;;
      *) S=$(dd bs=$SIZES count=1 iflag=fullblock 2>/dev/null) ;;
    esac;
    read -r E && [ "$E" = "$ID" ] || exit 1;
    [ -z "$C" ] || { echo; echo "$ID $C"; echo; echo "$ID"; return; };
    {
      E=$({ unset ID E; set --; umask 022; eval "$S"; } 2>&1 >&3 3>&-); C=$?;
      echo; echo "$ID $C"; printf %s "$E"; echo; echo "$ID";
    } 3>&1 9>&- </dev/null &
    QUICK=1;
  };
  while read -r ID LIMIT LOCK FROM SIZES; do
    [ -z "$QUICK" ] || { wait; QUICK=; };
    [ $LIMIT = - ] && { run_quickly; continue; };
    [ "$RUN" ] || make_folder;
    [ -z "$D" ] || rm -rf $RUN/*;
    C=; B=;
    case $SIZES in z*) B=\${SIZES%% *}; SIZES=\${SIZES#* } ;; esac;
    set -- $SIZES; i=$#;
    if [ -z "$B" ]; then keep_files || C=full;
    elif block $B | gzip -dc >$RUN/packed 2>/dev/null && is_whole && keep_files <$RUN/packed; then rm -f $RUN/packed;
    else C=packed; rm -rf $RUN/*; fi;
    read -r E && [ "$E" = "$ID" ] || exit 1;
    true >$RUN/out; true >$RUN/err;
    [ "$C" ] || [ $LOCK = - ] || [ $H ] || take_lock;
    if [ -z "$C" ]; then
      ( umask 022; exec $T $LIMIT sh $RUN/0 ) </dev/null >$RUN/out 2>$RUN/err 9>&-; C=$?;
    fi;
    [ -s $RUN/out ] && head -c ${MAX_OUTPUT_BYTES + 1} $RUN/out;
    echo; echo "$ID $C";
    [ -s $RUN/err ] && head -c ${MAX_OUTPUT_BYTES + 1} $RUN/err;
    echo; echo "$ID";
    D=1; [ $i = 1 ] || { rm -rf $RUN/*; D=; };
  done
`);

/**
 * Becomes one command, whose standard streams are then raw. Arguments: two halves of a nonce. Request: `SIZE\n`, and the
 * command in that many bytes; it comes this way, not as an argument, for it may hold what a login shell would not pass on.
 */
export const STREAM_PROGRAM = oneLine(`
  N=$1$2; command -v dd >/dev/null || { echo "$N lacks dd"; exit 1; };
  umask 022; cd /; echo "$N hello $$";
  read -r s && C=$(dd bs=$s count=1 iflag=fullblock 2>/dev/null) && exec sh -c "$C"
`);

function oneLine(program: string): string {
  return program.trim().replaceAll(/\n\s*/g, ' ');
}
