"""Generated questions, answered by the gateway and by a plain execution that shares no code."""
