// Signing in, with a local user's name and password.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";

import type { ApiError } from "../api/client";
import { asApiError } from "../api/use";
import { Failure } from "../layout/error";
import { useSession } from "../session";

export function SignIn() {
  const { signIn } = useSession();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<ApiError | undefined>();
  const [busy, setBusy] = useState(false);
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
        <Form
          errorText={undefined}
          actions={
            <Button variant="primary" formAction="submit" loading={busy}>
              Sign in
            </Button>
          }
        >
          <Container
            header={
              <Header variant="h1" description="The console of this name service.">
                Meridian
              </Header>
            }
          >
            <SpaceBetween size="m">
              {error !== undefined && <Failure error={error} />}
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
              <Box color="text-body-secondary" fontSize="body-s">
                An operator sets passwords with <span className="mono">meridian user password NAME</span>.
              </Box>
            </SpaceBetween>
          </Container>
        </Form>
      </form>
    </main>
  );
}
