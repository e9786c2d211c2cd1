// Who is signed in.
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from "react";

import { ApiError, native, SIGNED_OUT } from "./api/client";

/** `accountId` is 12 digits. */
export interface Session {
  user: string;
  accountId: string;
}

/** How somebody can sign in beside a password, and why the last time came to nothing (`GET /console/api/sign-in`). */
export interface Ways {
  provider: string | null;
  refused: { code: string; message: string; requestId: string } | null;
}

interface Held {
  /** Undefined while it is asked for, null when nobody is signed in. */
  session: Session | null | undefined;
  signIn: (user: string, password: string) => Promise<void>;
  signOut: () => Promise<void>;
}

const Context = createContext<Held | null>(null);
const PATH = "/console/api/session";
const WAYS = "/console/api/sign-in";

export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  useEffect(() => {
    native<Session>("GET", PATH).then(setSession, (error: unknown) => {
      setSession(null);
      if (!(error instanceof ApiError)) throw error;
    });
    const out = () => setSession(null);
    window.addEventListener(SIGNED_OUT, out);
    return () => window.removeEventListener(SIGNED_OUT, out);
  }, []);
  const signIn = useCallback(async (user: string, password: string) => {
    setSession(await native<Session>("POST", PATH, { user, password }));
  }, []);
  const signOut = useCallback(async () => {
    await native("DELETE", PATH);
    setSession(null);
  }, []);
  return <Context value={{ session, signIn, signOut }}>{children}</Context>;
}

/** Undefined while they are asked for, and where the server cannot say. */
export function useWays(): Ways | undefined {
  const [ways, setWays] = useState<Ways | undefined>();
  useEffect(() => {
    native<Ways>("GET", WAYS).then(setWays, (error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
    });
  }, []);
  return ways;
}

/** The link to the provider, from which one comes back to the page that was asked for. */
export const awayTo = ({ pathname, search }: { pathname: string; search: string }): string => `${WAYS}/oidc?${new URLSearchParams({ to: pathname + search })}`;

export function useSession(): Held {
  const held = useContext(Context);
  if (held === null) throw new Error("outside of SessionProvider");
  return held;
}
