// Who is signed in.
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from "react";

import { ApiError, native, SIGNED_OUT } from "./api/client";

/** `accountId` is 12 digits; `ways` are the ways to sign in that the server offers beside passwords. */
export interface Session {
  user: string;
  accountId: string;
}

interface Held {
  /** Undefined while it is asked for, null when nobody is signed in. */
  session: Session | null | undefined;
  signIn: (user: string, password: string) => Promise<void>;
  signOut: () => Promise<void>;
}

const Context = createContext<Held | null>(null);
const PATH = "/console/api/session";

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

export function useSession(): Held {
  const held = useContext(Context);
  if (held === null) throw new Error("outside of SessionProvider");
  return held;
}
