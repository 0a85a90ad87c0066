"""What both wings speak of: requests, results, shapes and sizes. It knows neither of them."""
