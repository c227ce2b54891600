"""The peer's configuration: everything in memory."""

import reflex as rx

config = rx.Config(app_name="bench", telemetry_enabled=False, state_manager_mode="memory")
