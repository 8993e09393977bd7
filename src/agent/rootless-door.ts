/**
 * How a command of an ordinary user gets into a rootless lab with the capabilities that it has there. setns(2) gives
 * them, but an exec by anyone but root drops them unless they are made ambient first (capabilities(7)): nsenter(1) does
 * that since util-linux 2.40 (--keep-caps); before that a few lines of Perl, which Debian and Ubuntu always have.
 */
import { spawnSync } from "node:child_process";
import { arch } from "node:process";
import { HostError } from "../errors.ts";
import { NETNS_FOLDER } from "../kernel/netns.ts";

/** setns, prctl and capset by architecture: /usr/include/asm/unistd.h. */
const SYSCALLS: Readonly<Record<string, readonly [setns: number, prctl: number, capset: number]>> = {
  x64: [308, 157, 126],
  arm64: [268, 167, 91],
  riscv64: [268, 167, 91],
  s390x: [339, 172, 185],
  ppc64: [350, 171, 184],
};

/**
 * Arguments: the three system calls, the namespace files (user, mount, network), then the program.
 * A process cannot enter the user namespace that it is in (EINVAL): from a shell of the lab that one is skipped.
 * 0x20080522 is _LINUX_CAPABILITY_VERSION_3; prctl(47, 2, N) is PR_CAP_AMBIENT_RAISE.
 */
const PERL = `
my ($setns, $prctl, $capset, @rest) = @ARGV;
my @files;
my $user = $rest[0];
for my $path (splice(@rest, 0, 3)) { open(my $file, "<", $path) or die "$path: $!\\n"; push @files, $file; }
shift @files if readlink("/proc/self/ns/user") eq readlink($user);
for my $file (@files) { syscall($setns, fileno($file), 0) == 0 or die "setns: $!\\n"; }
open(my $status, "<", "/proc/self/status") or die "status: $!\\n";
my ($high, $low) = (0, 0);
while (<$status>) { ($high, $low) = (hex($1), hex($2)) if /^CapPrm:\\s*([0-9a-f]{8})([0-9a-f]{8})/; }
my $header = pack("L l", 0x20080522, 0);
my $data = pack("L6", $low, $low, $low, $high, $high, $high);
syscall($capset, $header, $data) == 0 or die "capset: $!\\n";
syscall($prctl, 47, 2, $_, 0, 0) for 0 .. 63;
exec { $rest[0] } @rest or die "$rest[0]: $!\\n";
`;

let nsenterKeepsCaps: boolean | undefined;

/** Argument vector for use outside of the agent's namespaces; append the program. */
export async function rootlessDoor(netns: string): Promise<string[]> {
  const outside = `/proc/${process.pid}`;
  const [user, mount, net] = [`${outside}/ns/user`, `${outside}/ns/mnt`, `${outside}/root${NETNS_FOLDER}/${netns}`];
  nsenterKeepsCaps ??= spawnSync("nsenter", ["--help"], { encoding: "utf8" }).stdout?.includes("--keep-caps") ?? false;
  if (nsenterKeepsCaps) {
    return [
      "nsenter",
      "--keep-caps",
      "--preserve-credentials",
      `--user=${user}`,
      `--mount=${mount}`,
      `--net=${net}`,
      "--",
    ];
  }
  const numbers = SYSCALLS[arch];
  if (numbers === undefined || spawnSync("perl", ["-e", "1"]).status !== 0) {
    throw new HostError(
      "a rootless lab cannot be entered: nsenter is older than util-linux 2.40 and there is no perl",
      "apt-get install perl-base",
    );
  }
  return ["perl", "-e", PERL, "--", ...numbers.map(String), user, mount, net];
}
