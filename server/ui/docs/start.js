// Starts Swagger UI, which swagger-ui-bundle.js has put into the window.

const scheme = "bearer";

// The key is remembered until the tab is closed, and sent nowhere but to the
// service.
const remembered = "api-resize-docs-key";

const rememberKey = () => ({
  statePlugins: {
    auth: {
      wrapActions: {
        authorize: (original) => (payload) => {
          const key = payload[scheme]?.value;
          if (key) sessionStorage.setItem(remembered, key);
          return original(payload);
        },
        logout: (original) => (payload) => {
          sessionStorage.removeItem(remembered);
          return original(payload);
        },
      },
    },
  },
});

const dark = matchMedia("(prefers-color-scheme: dark)");
const colour = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", colour);
colour();

// Swagger UI fills in whatever has an example or a default, and would send all
// options at once, of which some exclude others. So here only what is required
// has an example; the texts name those of the rest.
const withoutOptional = (text) => {
  const described = JSON.parse(text);
  for (const operations of Object.values(described.paths)) {
    for (const { parameters = [] } of Object.values(operations)) {
      for (const parameter of parameters.filter(({ required }) => !required)) {
        delete parameter.example;
        delete parameter.schema.default;
      }
    }
  }
  for (const schema of Object.values(described.components.schemas)) delete schema.default;
  return JSON.stringify(described);
};

const fillInOnlyRequired = () => ({
  statePlugins: {
    spec: {
      wrapActions: {
        updateSpec: (original) => (text) => original(text && withoutOptional(text)),
      },
    },
  },
});

const ui = SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  domNode: document.getElementById("docs"),
  plugins: [rememberKey, fillInOnlyRequired],
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  validatorUrl: null,
  onComplete: () => {
    const key = sessionStorage.getItem(remembered);
    if (key) ui.preauthorizeApiKey(scheme, key);
  },
});
