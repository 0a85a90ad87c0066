/** English. `chinese.js` has the same words; the type checker holds it to that. */
export const ENGLISH = {
  pageTitle: "Easel — paint a picture",
  docsTitle: "Easel — the API",
  skip: "Skip to the content",
  navigation: "Pages",
  navPaint: "Paint",
  navConnect: "Connect",
  navApi: "API",

  paintTitle: "Paint",
  prompt: "What should it show?",
  promptHint: "A lighthouse at dusk, in soft watercolour",
  promptEdit: "What should change?",
  promptEditHint: "Make the sky darker, and light the lamp",
  addPicture: "Add a picture",
  dropHint: "or drop or paste one to change it",
  inputPicture: "Picture {number} to paint from",
  removeInput: "Remove",
  removeInputNumber: "Remove picture {number}",
  paintMask: "Paint a mask",
  changeMask: "Paint the mask again",
  dropMask: "Remove the mask",
  model: "Model",
  anotherModel: "Another model…",
  otherModel: "Model id",
  otherModelHint: "as in the service’s own list",
  keyOf: "Your key for {service}",
  keyOfDeployment: "Key for this Easel",
  keyHelpDeployment: "Ask whoever gave you this address. One key covers all services here.",
  keyHelp_zai:
    "Sign in at image.z.ai and copy the value of its “session” cookie. It is sent to image.z.ai alone.",
  keyHelp_bigmodel: "An API key from open.bigmodel.cn. It is sent to BigModel alone.",
  keyHelp_zhaotou: "An API key from zhaotouai.com. It is sent to Zhaotou alone.",
  keyHelp_geekai: "An API key from geekai.co. It is sent to GeekAI alone.",
  keyHelpSandbox:
    "Leave it empty: this Easel runs on its sandbox, which takes any key and charges nobody.",
  keepKey: "Keep keys in this browser",
  shape: "Shape",
  resolution: "Resolution",
  ownSize: "Size, if it matters",
  ownSizeHint: "1024x1024, 2K, 16:9",
  number: "Pictures",
  paint: "Paint",

  promptMissing: "Say in a few words what it should show.",
  modelMissing: "Type the model’s id.",
  keyMissing: "A key is missing. Each service paints only for people who have an account there.",
  tooManyAtOnce:
    "At most {most} pictures can be painted at once. Wait for one to finish, or cancel one.",
  cannotEdit: "{service} paints from words alone. Remove the picture, or use another model.",
  takesFewer: "{service} paints from {most} picture at most. Remove the others.",
  switchTo: "Use {model}",

  stageEmpty: "Your picture will hang here.",
  painting: "Painting has begun.",
  progress: "Progress",
  elapsed: "{seconds} s",
  elapsedOf: "{seconds} s of about {usual} s",
  elapsedLong: "{seconds} s, longer than the usual {usual} s. It may still come.",
  cancelPainting: "Cancel",
  cancelled: "Cancelled. The call to the service has been ended.",
  paintedNews: "The picture is here. {size}",
  failedNews: "There is no picture.",
  editNews: "The picture is ready to be changed. Say what should be different.",

  openLarge: "Open the picture by itself",
  tookSeconds: "{seconds} s",
  revisedPrompt: "What the service made of your words",
  filterNote:
    "The service’s content filter reports level {level} for “{role}” (0 is the most severe, 3 the mildest).",
  makeDifferent: "Make it different",
  download: "Download",
  copyLink: "Copy link",
  samePrompt: "Reuse the prompt",
  copyAs: "Copy as code",
  curl: "curl",
  python: "Python",
  javascript: "JavaScript",
  remove: "Delete",
  copy: "Copy",
  copied: "Copied",
  notCopied: "Could not copy",
  close: "Close",
  cancel: "Cancel",

  gallery: "Gallery",
  galleryEmpty: "What you paint is kept here, in this browser alone.",
  galleryCount: "Kept in this browser alone: {number}",
  galleryUnavailable:
    "This browser stores nothing for this page, so there is no gallery. Download what you want to keep.",
  galleryFailed: "This browser could not store the picture. Download it, then delete some others.",
  galleryFull: "The gallery is full: it holds {most} pictures. Delete some to keep new ones.",
  showMore: "Show more",
  removeAll: "Delete all",
  removeAllSure: "Delete all pictures from this browser? This cannot be undone.",
  openPicture: "Open: {prompt}",
  openedPicture: "A picture of the gallery",

  maskTitle: "Where should it change?",
  maskHelp: "Paint over what should change. The rest stays as it is, as far as the model can.",
  brush: "Brush",
  eraser: "Erase",
  clearMask: "Clear",
  rectangle: "A rectangle by numbers, without a mouse",
  left: "Left %",
  top: "Top %",
  right: "Right %",
  bottom: "Bottom %",
  addRectangle: "Add it",
  useMask: "Use this mask",
  maskTooLarge:
    "This picture is too large to mask here. Shrink it first, to 4096 × 4096 pixels at most.",
  unreadablePicture: "The browser cannot read this picture. Use a PNG, JPEG or WebP.",

  tryAgain: "Try again",
  dismiss: "Dismiss",
  toKey: "Go to the key",
  retryAfter: "Try again in {seconds} s.",
  requestId: "Request {request}",

  connectTitle: "Connect a client",
  connectIntro:
    "Anything that speaks OpenAI’s or Gemini’s API can paint here. Give it an address, a key and a model.",
  addresses: "Addresses",
  openAiClients: "OpenAI clients",
  geminiClients: "Gemini clients",
  apiKey: "API key",
  apiKeyIs:
    "The key of the service that paints. If this Easel has keys of its own, use one of those.",
  check: "Check a key",
  keyToCheck: "Key to check",
  checkNow: "Check",
  checkGood: "The key is accepted. It can use {number} models.",
  checkOpen:
    "Easel answers, with {number} models. It does not check keys itself: each service checks its own when it paints.",
  checkWantsKey:
    "This Easel has keys of its own, and lists its models only for those who have one.",
  version: "Version",
  links: "Links to pictures",
  linksOfService: "the service’s own, which end after some days",
  linksSealed: "Easel’s own, which lead to the service’s",
  linksStored: "Easel’s own, kept for {days} days",
  services: "Services here",
  models: "Models",
  clients: "Clients",
  clientsIntro: "Where the address and the key go, in each client’s own words.",
  assistants: "Assistants (MCP)",
  assistantsIntro:
    "They paint by a tool. The address names the service that your key belongs to. If this Easel has keys of its own, the address without a service serves all of them.",
  yourKey: "your key",
  program: "For {name}",
  suits: "Best setting for pictures in its chats: CHAT_PICTURE={way}.",
  noteOpenWebUi: "Model IDs is under Advanced. Leave it empty: the list is fetched.",
  noteNextChat: "It does not fetch the list. Name each model as above, followed by @OpenAI.",
  noteLobeChat:
    "Leave “Use Responses API Specification” off. Client request mode reaches an Easel on your own machine.",
  noteManage: "Then choose models from the list under Manage.",
  noteChatbox:
    "Leave API Path empty, and “Improve Network Compatibility” off for an Easel on your own machine.",
  noteSillyTavern: "“Forbid External Media” is on by default and hides links; markdown needs none.",
  noteClaudeDesktop: "It needs Node on this computer. Restart Claude Desktop afterwards.",
  noteLlm: 'Then `llm keys set easel` and `llm -m easel "a cat"`.',

  docsIntro: "Everything that Easel serves. As JSON: /openapi.json.",
  docsContents: "Contents",
  docsFailed: "The document could not be loaded. Is Easel still running?",
  docsParameters: "Parameters",
  docsBody: "Request",
  docsAnswers: "Answers",
  docsErrors: "Errors: {statuses}",
  docsExample: "Example: {name}",
  docsRequired: "required",
  docsHeaders: "Headers: {names}",
  docsKeys: "The key goes into one of: {names}",
  docsSchemas: "Objects",

  error_unknown:
    "Something went wrong that this page has no words for. Easel’s own message is below.",
  error_network: "Easel could not be reached. Check that you are online and that Easel is running.",
  error_broken_off:
    "The connection was lost before the whole picture arrived. It may have been charged, and trying again is charged again.",
  error_only_words:
    "Easel took this for the greeting of a chat program and only greeted back. Say a little more about what you want to see.",
  error_page: "This page failed, not Easel. Reload it and try again.",
  error_invalid_json:
    "Easel could not read the request. Reload the page: it may be older than this Easel.",
  error_invalid_form:
    "Easel could not read the form. Reload the page: it may be older than this Easel.",
  error_incomplete_body:
    "The request broke off on its way to Easel. Try again, perhaps with a smaller picture.",
  error_invalid_request: "The model cannot do this. What it can do is below.",
  error_unknown_parameter:
    "This Easel does not know part of the request. Reload the page: it may be of another version.",
  error_unsupported_input: "Easel cannot use this picture. Use a PNG, JPEG or WebP.",
  error_upstream_refused:
    "The service will not paint this. Its reason is below. Change the words or the model.",
  error_content_policy_violation: "The service’s content filter refuses this. Try other words.",
  error_invalid_api_key: "The key is wrong or no longer valid. Enter a new one.",
  error_token_expired: "The key has expired. Sign in at the service again and enter the new one.",
  error_access_denied: "The service knows this key but denies it access. Check your account there.",
  error_model_not_found: "There is no such model here. Choose another.",
  error_task_not_found: "There is no such task.",
  error_path_not_found:
    "There is nothing at this address. The page may be of another version than Easel.",
  error_method_not_allowed:
    "Easel does not accept this. The page may be of another version than Easel.",
  error_request_timeout:
    "The request came in too slowly. Try again, perhaps with a smaller picture.",
  error_sign_in_failed:
    "This deployment cannot sign in to the service. Tell whoever runs it what is below.",
  error_origin_not_allowed: "This deployment does not take requests from this page.",
  error_deletion_not_allowed: "Nobody may delete pictures of this deployment: it has no keys.",
  error_picture_not_found: "There is no such picture here, or no longer.",
  error_picture_linked: "The picture is behind the link.",
  error_not_acceptable:
    "Easel has no answer in the form that was asked for. The page may be older than Easel: reload it.",
  error_unsupported_media_type:
    "Easel does not take this kind of request. The page may be older than Easel: reload it.",
  error_invalid_prompt: "The service refuses this prompt. Try other words.",
  error_image_content_policy_violation:
    "The service’s content filter refuses this. Try other words.",
  error_server_error: "Easel or the service failed. Try again later.",
  error_conflict: "The service is already working on this request. Wait a little.",
  error_request_too_large:
    "This is too large: the words, or the pictures together. Use a smaller picture.",
  error_rate_limit_exceeded: "Too many pictures for now. Wait a little, then try again.",
  error_overloaded: "Easel is busy with uploads. Nothing was charged. Try again in a few seconds.",
  error_insufficient_quota:
    "The account has no money or no pictures left. Top it up, or use another service.",
  error_internal_error: "Easel failed. Its log has the details under the request number below.",
  error_misconfigured:
    "This Easel is set up wrongly. Tell whoever runs it the name of the variable below.",
  error_upstream_broken:
    "The service failed, or sent something that Easel cannot use. Try again later, or use another model.",
  error_upstream_no_picture:
    "The service says it painted, but sent no picture. Try again, or use another model.",
  error_picture_missing:
    "It was painted, but the picture is not where the service says. Trying again is charged again.",
  error_picture_too_large:
    "The picture is larger than this Easel passes on. Choose a lower resolution.",
  error_task_failed: "The service failed to paint this. Try again, or use other words.",
  error_tokens_unusable:
    "Your key is right, but none of this Easel’s own keys for the service works now. Tell whoever runs it.",
  error_surplus_pictures: "The service painted more than was asked for. Nothing is missing.",
  error_upstream_too_slow: "The service took too long. Try again, or choose a lower resolution.",
};
