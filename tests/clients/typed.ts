// What a frontend does with the types that types.mjs generates. Nobody runs it: the compiler is the test.
import type {
  ErrorCode,
  LogInMutation,
  LogInMutationVariables,
  MayIQuery,
  MeQuery,
  PermissionsQuery,
  PersonFragment,
  RefreshMutation,
  Role,
  SessionsQuery,
  SignInMutation,
  SignUpMutation,
  SignUpMutationVariables,
  TokensFragment,
  UsersPageQuery,
  UsersPageQueryVariables,
  Verdict,
} from "./schema";

/** Compiles only where nothing is left over: what the schema gains, this file has to take up. */
const unreachable = (left: never): never => {
  throw new Error(`unexpected: ${left}`);
};

// The outcomes of signing in, which may become more: each is told by its name.
export function afterSigningIn(result: LogInMutation["login"] | SignUpMutation["signup"]): PersonFragment {
  switch (result.__typename) {
    case "SignedIn":
      keep(result);
      return result.user;
    default:
      return unreachable(result.__typename);
  }
}

// With a session in a cookie there are no tokens: who does not look for null does not compile.
function keep({ accessToken, accessTokenExpiresAt, refreshToken }: TokensFragment): void {
  if (accessToken == null || accessTokenExpiresAt == null || refreshToken == null) return;
  const headers: Record<string, string> = { authorization: `Bearer ${accessToken}` };
  const expires: Date = new Date(accessTokenExpiresAt);
  console.log(headers, expires, refreshToken.length);
}

export const refreshed = ({ refresh }: RefreshMutation): void => keep(refresh);

export const variables: [SignUpMutationVariables, LogInMutationVariables, UsersPageQueryVariables] = [
  { input: { email: "ada@example.com", password: "a long walk by the river" } },
  { input: { identifier: "ada@example.com", password: "a long walk by the river", delivery: "COOKIE" } },
  { first: 50, filter: { role: "MANAGER", status: "ACTIVE" }, orderBy: "NEWEST" },
];

// @ts-expect-error No password.
export const noPassword: SignUpMutationVariables = { input: { email: "ada@example.com" } };
// @ts-expect-error No such delivery.
export const noSuchDelivery: LogInMutationVariables["input"]["delivery"] = "LOCAL_STORAGE";
// @ts-expect-error No such role.
export const noSuchRole: Role = "ROOT";

// A viewer that nobody is signed in as is null, and so may everything be that a rule can refuse.
export function greeting({ me }: MeQuery): string {
  if (!me) return "Nobody is signed in.";
  // @ts-expect-error Its owner may see it and others may not: it may be null.
  const refused: string = me.email;
  const id: string = me.id;
  return `${me.name ?? me.email ?? refused ?? id}, ${title(me.role)}`;
}

function title(role: Role): string {
  switch (role) {
    case "CLIENT":
      return "client";
    case "MANAGER":
      return "manager";
    case "ADMIN":
      return "admin";
    default:
      return unreachable(role);
  }
}

// A page that was refused is null; a row that is there has its instants as text.
export function rows({ users }: UsersPageQuery): string[] {
  const next: string | null | undefined = users?.pageInfo.hasNextPage ? users.pageInfo.endCursor : null;
  const rows = users?.nodes.map((user) => `${user.id} ${new Date(user.createdAt).getFullYear()} ${title(user.role)}`);
  return [...(rows ?? []), next ?? "the end"];
}

export function devices({ user }: SessionsQuery): { device: string; seen: Date; current: boolean }[] {
  const sessions = user?.sessions?.nodes ?? [];
  // @ts-expect-error Nobody asked for it.
  const notAsked = (session: (typeof sessions)[number]) => session.ipAddress;
  return sessions.map((session) => {
    console.log(notAsked(session));
    return { device: session.device, seen: new Date(session.lastSeenAt), current: session.current };
  });
}

// The operations that examples/frontend sends.
export const signedInByTheExample = ({ login }: SignInMutation): string | null | undefined => login.accessToken;

export function shown({ permissions, can0 }: PermissionsQuery, may: MayIQuery): boolean[] {
  const verdicts = [...permissions.map(({ verdict }) => verdict), can0.verdict, may.can.verdict];
  return verdicts.map(button);
}

function button(verdict: Verdict): boolean {
  switch (verdict) {
    case "ALLOWED":
    case "IF_OWNER":
      return true;
    case "DENIED":
      return false;
    default:
      return unreachable(verdict);
  }
}

// All codes of `extensions.code`, for whoever wants a sentence for each.
export function sentence(code: ErrorCode): string {
  switch (code) {
    case "UNAUTHENTICATED":
      return "Please sign in.";
    case "FORBIDDEN":
    case "NOT_FOUND":
    case "LAST_ADMIN":
      return "That cannot be done.";
    case "INVALID_CREDENTIALS":
    case "INVALID_INPUT":
    case "WEAK_PASSWORD":
    case "EMAIL_TAKEN":
    case "USERNAME_TAKEN":
    case "SIGNUP_CLOSED":
      return "Please look at the form again.";
    case "RATE_LIMITED":
    case "OVERLOADED":
      return "Please wait a moment.";
    case "DOCUMENT_TOO_COMPLEX":
    case "BAD_REQUEST":
    case "INTERNAL":
      return "Something went wrong.";
    default:
      return unreachable(code);
  }
}
