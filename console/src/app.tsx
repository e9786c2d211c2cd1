// Which page is at which path. Every page is loaded when it is opened.
import { I18nProvider } from "@cloudscape-design/components/i18n";
import messages from "@cloudscape-design/components/i18n/messages/all.en";
import Box from "@cloudscape-design/components/box";
import Spinner from "@cloudscape-design/components/spinner";
import { type ComponentType, lazy, Suspense } from "react";
import { Navigate, Route, Routes } from "react-router";

import { FlashProvider } from "./layout/flashes";
import { SignIn } from "./pages/sign-in";
import { SessionProvider, useSession } from "./session";

const page = (load: () => Promise<{ Page: ComponentType }>) => lazy(async () => ({ default: (await load()).Page }));

const PAGES: Readonly<Record<string, ComponentType>> = {
  "/": page(() => import("./pages/overview")),
  "/activity": page(() => import("./pages/activity")),
  "/ask": page(() => import("./pages/ask")),
  "/checks": page(() => import("./pages/checks")),
  "/checks/create": page(() => import("./pages/check-form")),
  "/checks/:id": page(() => import("./pages/check")),
  "/checks/:id/edit": page(() => import("./pages/check-form")),
  "/search": page(() => import("./pages/search")),
  "/places": page(() => import("./pages/places")),
  "/places/:id": page(() => import("./pages/place")),
  "/policy-records": page(() => import("./pages/policy-records")),
  "/policies": page(() => import("./pages/policies")),
  "/policies/find": page(() => import("./pages/policy-find")),
  "/policies/new": page(() => import("./pages/policy-editor")),
  "/policies/:id": page(() => import("./pages/policy")),
  "/policies/:id/apply/:version": page(() => import("./pages/policy-apply")),
  "/policies/:id/compare/:a/:b": page(() => import("./pages/policy-compare")),
  "/policies/:id/versions/:version": page(() => import("./pages/policy-editor")),
  "/zones": page(() => import("./pages/zones")),
  "/zones/create": page(() => import("./pages/zone-create")),
  "/zones/:id": page(() => import("./pages/zone")),
  "/settings": page(() => import("./pages/settings")),
};

export function App() {
  return (
    <I18nProvider locale="en" messages={[messages]}>
      <SessionProvider>
        <FlashProvider>
          <Pages />
        </FlashProvider>
      </SessionProvider>
    </I18nProvider>
  );
}

function Pages() {
  const { session } = useSession();
  if (session === undefined) return <Waiting />;
  if (session === null) return <SignIn />;
  return (
    <Suspense fallback={<Waiting />}>
      <Routes>
        {Object.entries(PAGES).map(([path, Page]) => (
          <Route key={path} path={path} element={<Page />} />
        ))}
        <Route path="*" element={<Navigate to="/" replace />} />
      </Routes>
    </Suspense>
  );
}

function Waiting() {
  return (
    <Box textAlign="center" margin={{ top: "xxxl" }}>
      <Spinner size="large" />
      <span className="unseen">Loading</span>
    </Box>
  );
}
