"""Why sensors have no new value: reasons and near names, for the log, the status and the page."""
