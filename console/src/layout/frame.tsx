// The frame around every page: top bar, side navigation, breadcrumbs, messages, help.
import AppLayout from "@cloudscape-design/components/app-layout";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import { type ReactNode, useEffect, useState } from "react";
import { useLocation } from "react-router";

import { BASE, useFollow } from "../policies/follow";
import { Flashes } from "./flashes";
import { PLACES, placeOf } from "./places";
import { TopBar } from "./top-bar";

export interface Crumb {
  text: string;
  /** A path inside the console, such as `/zones`. */
  path: string;
}

interface Frame {
  title: string;
  /** From the place in the navigation down to the page itself; `[]` on the places themselves. */
  crumbs?: readonly Crumb[];
  contentType?: "default" | "dashboard" | "table" | "form";
  splitPanel?: ReactNode;
  splitPanelOpen?: boolean;
  onSplitPanelToggle?: (open: boolean) => void;
  /** Beside the content where there is room; else, and without it, below. */
  splitPanelBeside?: boolean;
  /** Pages that need all the width, such as the editor. */
  wide?: boolean;
  /** Pages that have more use for the width than the navigation has. */
  navigationClosed?: boolean;
  children: ReactNode;
}

export function Frame({ title, crumbs = [], contentType = "default", wide = false, navigationClosed = wide, children, ...rest }: Frame) {
  const { pathname } = useLocation();
  const [open, setOpen] = useState(() => window.innerWidth >= 1200 && !navigationClosed);
  const [size, setSize] = useState(() => Math.min(Math.max(window.innerWidth * 0.42, 360), 900));
  const place = placeOf(pathname);
  useEffect(() => {
    document.title = `${title} – Meridian`;
  }, [title]);
  const follow = useFollow();
  // Always given where a page has a panel at times: whether they are given is decided once, at the first rendering.
  const split =
    rest.onSplitPanelToggle === undefined
      ? {}
      : {
          splitPanel: rest.splitPanel,
          splitPanelOpen: rest.splitPanelOpen ?? rest.splitPanel !== undefined,
          onSplitPanelToggle: ({ detail }: { detail: { open: boolean } }) => rest.onSplitPanelToggle?.(detail.open),
          splitPanelSize: size,
          onSplitPanelResize: ({ detail }: { detail: { size: number } }) => setSize(detail.size),
          splitPanelPreferences: { position: rest.splitPanelBeside === true ? ("side" as const) : ("bottom" as const) },
          onSplitPanelPreferencesChange: () => undefined,
        };
  return (
    <>
      <div id="top">
        <TopBar />
      </div>
      <AppLayout
        headerSelector="#top"
        contentType={contentType}
        maxContentWidth={Number.MAX_VALUE}
        disableContentPaddings={wide}
        toolsHide
        navigationOpen={open}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        navigation={
          <SideNavigation
            header={{ text: "Meridian", href: `${BASE}/` }}
            activeHref={BASE + place.path}
            items={PLACES.map(({ text, path }) => ({ type: "link", text, href: BASE + path }))}
            onFollow={follow}
          />
        }
        breadcrumbs={
          <BreadcrumbGroup
            ariaLabel="Breadcrumbs"
            items={[{ text: place.text, href: BASE + place.path }, ...crumbs.map(({ text, path }) => ({ text, href: BASE + path }))]}
            onFollow={follow}
          />
        }
        notifications={<Flashes />}
        stickyNotifications
        content={children}
        ariaLabels={{
          navigation: "Side navigation",
          navigationClose: "Close side navigation",
          navigationToggle: "Open side navigation",
          notifications: "Messages",
        }}
        {...split}
      />
    </>
  );
}
