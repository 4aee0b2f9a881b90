"""Paper and files: agendas, sheets, posters, badges, calendars, a workbook, one zip of all."""
