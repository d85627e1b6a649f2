"""Sources read from pages, through Scrapy."""
