// Makes Firefox run kiosk.cfg, with its own rights.
pref("general.config.filename", "vncctl-kiosk.cfg");
pref("general.config.obscure_value", 0);
pref("general.config.sandbox_enabled", false);
