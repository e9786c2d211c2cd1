// Signing in, with a local user's name and password, or with the provider that the server knows.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";

import { ApiError } from "../api/client";
import { asApiError } from "../api/use";
import { Failure } from "../layout/error";
import { awayTo, useSession, useWays } from "../session";

export function SignIn() {
  const { signIn } = useSession();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<ApiError | undefined>();
  const [busy, setBusy] = useState(false);
  const ways = useWays();
  const refused = ways?.refused;
  const shown = error ?? (refused && new ApiError(refused.code, refused.message, 403, refused.requestId));
  useEffect(() => {
    document.title = "Sign in – Meridian";
  }, []);
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await signIn(user, password);
    } catch (failed) {
      setError(asApiError(failed));
      setBusy(false);
    }
  };
  return (
    <main style={{ maxInlineSize: 460, margin: "10vh auto 0", paddingInline: 16 }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Container
          header={
            <Header variant="h1" description="The console of this name service.">
              Meridian
            </Header>
          }
        >
          <SpaceBetween size="m">
            {shown && <Failure error={shown} />}
            {ways?.provider && (
              <SpaceBetween size="s">
                <Button fullWidth href={awayTo(window.location)}>
                  Sign in with {ways.provider}
                </Button>
                <Box textAlign="center" color="text-body-secondary">
                  or with a password
                </Box>
              </SpaceBetween>
            )}
            <FormField label="User">
              <Input value={user} onChange={({ detail }) => setUser(detail.value)} autoComplete="username" autoFocus />
            </FormField>
            <FormField label="Password">
              <Input
                type="password"
                value={password}
                onChange={({ detail }) => setPassword(detail.value)}
                autoComplete="current-password"
              />
            </FormField>
            <Button variant="primary" formAction="submit" loading={busy} fullWidth>
              Sign in
            </Button>
            <Box color="text-body-secondary" fontSize="body-s">
              An operator sets passwords with <span className="mono">meridian user password NAME</span>.
            </Box>
          </SpaceBetween>
        </Container>
      </form>
    </main>
  );
}
