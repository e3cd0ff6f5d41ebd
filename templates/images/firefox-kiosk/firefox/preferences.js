// Defaults for every desktop. What a person must not change is in policies.json.

// One content process for one person's page, and none of the helper processes that wait for work: half the memory.
pref("dom.ipc.processCount", 1);
pref("dom.ipc.processPrelaunch.enabled", false);
pref("browser.opaqueResponseBlocking.javascriptValidator", false);
pref("fission.autostart", false);
pref("browser.tabs.remote.separatePrivilegedContentProcess", false);
pref("browser.tabs.remote.separatePrivilegedMozillaWebContentProcess", false);
pref("network.process.enabled", false);
pref("layers.gpu-process.enabled", false);
pref("media.rdd-process.enabled", false);
pref("media.utility-process.enabled", false);
pref("media.allow-audio-non-utility", true);
pref("extensions.webextensions.remote", false);

// Drawn in software: there is no graphics card to look for.
pref("gfx.webrender.software", true);
pref("gfx.canvas.accelerated", false);
// What it draws on is kept in squares of memory, of which one page fills a corner: smaller ones hold 25 MB less.
pref("gfx.webrender.max-shared-surface-size", 512);
pref("gfx.webrender.picture-tile-width", 1280);
pref("gfx.webrender.picture-tile-height", 256);
pref("media.hardware-video-decoding.enabled", false);
pref("widget.dmabuf.enabled", false);
pref("toolkit.cosmeticAnimations.enabled", false);
pref("general.smoothScroll", false);
pref("accessibility.force_disabled", 1);

// A start always shows the page it was given, also after a crash or a kill; nothing asks, nothing introduces itself.
pref("browser.startup.page", 0);
pref("browser.sessionstore.resume_from_crash", false);
pref("toolkit.startup.max_resumed_crashes", -1);
pref("browser.aboutwelcome.enabled", false);
pref("browser.tabs.warnOnClose", false);
pref("browser.warnOnQuit", false);
pref("ui.key.menuAccessKeyFocuses", false);
pref("browser.topsites.useRemoteSetting", false);
pref("browser.urlbar.suggest.topsites", false);
// A page's "do you really want to leave?" would keep a desktop from stopping.
pref("dom.disable_beforeunload", true);
pref("browser.shell.checkDefaultBrowser", false);
pref("browser.fullscreen.autohide", true);
pref("full-screen-api.warning.timeout", 0);
pref("pointer-lock-api.warning.timeout", 0);
// It takes the keyboard from the page that saves a file, and leads out of a kiosk.
pref("browser.download.alwaysOpenPanel", false);
pref("browser.translations.enable", false);
pref("browser.sessionstore.interval", 60000);
pref("browser.cache.disk.capacity", 65536);
pref("browser.cache.disk.smart_size.enabled", false);
// Its databases are part of the image, and each container that opens them copies them: they needn't have room to grow.
pref("places.database.growthIncrementKiB", 64);

// No requests that no page asked for.
pref("datareporting.policy.dataSubmissionEnabled", false);
pref("app.normandy.enabled", false);
pref("network.connectivity-service.enabled", false);
pref("network.dns.disablePrefetch", true);
pref("network.predictor.enabled", false);
pref("network.prefetch-next", false);
pref("browser.newtabpage.activity-stream.feeds.system.topstories", false);
pref("browser.region.update.enabled", false);
pref("browser.search.update", false);
pref("geo.enabled", false);

// Parts of a browser that no desktop here shows, and which load, look things up or keep workers at every start.
pref("browser.newtab.preload", false);
pref("browser.newtabpage.activity-stream.testing.shouldInitializeFeeds", false);
pref("browser.backup.enabled", false);
pref("browser.ml.enable", false);
pref("browser.discovery.enabled", false);
pref("browser.urlbar.merino.enabled", false);
pref("extensions.formautofill.addresses.supported", "off");
pref("extensions.formautofill.creditCards.supported", "off");
pref("extensions.screenshots.disabled", true);
pref("app.shield.optoutstudies.enabled", false);
pref("messaging-system.rsexperimentloader.enabled", false);
pref("nimbus.rollouts.enabled", false);
pref("toolkit.telemetry.archive.enabled", false);
pref("toolkit.telemetry.newProfilePing.enabled", false);
pref("toolkit.telemetry.shutdownPingSender.enabled", false);
pref("toolkit.telemetry.firstShutdownPing.enabled", false);
pref("browser.places.interactions.enabled", false);
pref("browser.download.manager.addToRecentDocs", false);
pref("browser.pagethumbnails.capturing_disabled", true);
