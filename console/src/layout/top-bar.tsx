// The top bar: search everything, ask why, account, theme.
import TopNavigation from "@cloudscape-design/components/top-navigation";
import { useState } from "react";
import { useNavigate } from "react-router";

import { useSession } from "../session";
import { chooseTheme, storedTheme, type Theme } from "../theme";
import { Search } from "./search";

export function TopBar() {
  const { session, signOut } = useSession();
  const navigate = useNavigate();
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const other: Theme = theme === "dark" ? "light" : "dark";
  return (
    <TopNavigation
      identity={{
        href: "/console/",
        title: "Meridian",
        logo: { src: "/console/meridian.svg", alt: "" },
        onFollow: (event) => {
          event.preventDefault();
          navigate("/");
        },
      }}
      search={<Search />}
      utilities={[
        { type: "button", text: "Why this answer", iconName: "status-info", onClick: () => navigate("/ask") },
        {
          type: "button",
          text: other === "dark" ? "Dark" : "Light",
          ariaLabel: `Change to the ${other} theme`,
          onClick: () => {
            chooseTheme(other);
            setTheme(other);
          },
        },
        {
          type: "menu-dropdown",
          text: session?.user ?? "",
          description: session === null || session === undefined ? "" : `Account ${session.accountId}`,
          iconName: "user-profile",
          items: [
            { id: "settings", text: "Settings" },
            { id: "out", text: "Sign out" },
          ],
          onItemClick: ({ detail }) => {
            if (detail.id === "out") void signOut();
            else navigate(`/${detail.id}`);
          },
        },
      ]}
    />
  );
}
