/**
 * What assistants that speak MCP want to be told, in the words of their own settings.
 * docs/mcp.md has the long story.
 */

/** @typedef {import("./clients.js").Client} Client */
/** @typedef {import("./clients.js").Place} Place */

/** @param {Place} place */
const address = ({ root, service }) => `${root}/mcp/${service}`;

/** @type {Client[]} */
export const ASSISTANTS = [
  {
    name: "Claude Code",
    code: (place) => `claude mcp add --transport http easel ${address(place)} \\
  --header "Authorization: Bearer $EASEL_KEY"
`,
  },
  {
    name: "Claude Desktop",
    where: "claude_desktop_config.json",
    code: (place) => `{
  "mcpServers": {
    "easel": {
      "command": "npx",
      "args": ["mcp-remote", "${address(place)}", "--header", "Authorization:\${EASEL_AUTH}"],
      "env": { "EASEL_AUTH": "Bearer your-key" }
    }
  }
}
`,
    note: "noteClaudeDesktop",
  },
  {
    name: "Cursor",
    where: "~/.cursor/mcp.json",
    code: (place) => `{
  "mcpServers": {
    "easel": {
      "url": "${address(place)}",
      "headers": { "Authorization": "Bearer \${env:EASEL_KEY}" }
    }
  }
}
`,
  },
  {
    name: "VS Code",
    where: ".vscode/mcp.json",
    code: (place) => `{
  "inputs": [{ "id": "easel", "type": "promptString", "description": "Easel's key", "password": true }],
  "servers": {
    "easel": {
      "type": "http",
      "url": "${address(place)}",
      "headers": { "Authorization": "Bearer \${input:easel}" }
    }
  }
}
`,
  },
  {
    name: "Cherry Studio · MCP",
    where: "Settings → MCP Servers → Add → Import from JSON",
    code: (place) => `{
  "mcpServers": {
    "easel": {
      "type": "streamableHttp",
      "url": "${address(place)}",
      "headers": { "Authorization": "Bearer your-key" }
    }
  }
}
`,
  },
  {
    name: "LobeChat · MCP",
    where: "Add Custom Skill → MCP Skill",
    fields: (place) => [
      ["MCP Skill Type", "Streamable HTTP"],
      ["Streamable HTTP Endpoint URL", address(place)],
      ["Authentication Type", "API Key"],
      ["API Key", ""],
    ],
  },
  {
    name: "Open WebUI · MCP",
    where: "Admin Settings → External Tools → +",
    fields: (place) => [
      ["Type", "MCP (Streamable HTTP)"],
      ["URL", address(place)],
      ["Auth: Bearer", ""],
    ],
  },
];
