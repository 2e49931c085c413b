// Draws /docs from this server's own OpenAPI document.
window.SwaggerUIBundle({
  url: document.getElementById("swagger").dataset.url,
  domNode: document.getElementById("swagger"),
  validatorUrl: null,
});
